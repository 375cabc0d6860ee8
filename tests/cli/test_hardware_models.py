"""`awnas hardware fit` and `evaluate` as a user types them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("scipy", reason="the extra ranking")
pytest.importorskip("sklearn", reason="the extra hardware")

from awnas_gym.cli.hardware import command
from awnas_gym.hardware import LayerSum, LayerTable, open_cost, own_device_path, own_model_path
from awnas_gym.hardware.measurements import Measurements
from awnas_gym.spaces.architecture_files import read_architectures
from tests.hardware.made_up import SPACE, archs, by_counts, device


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, code: int = 0) -> Result:
    """Run a command in this process."""
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
    return done


def measure(path: Path, *, n: int = 60, seed: int = 0, rounds: int = 1) -> Measurements:
    """Write measurements of networks that add up to 2 ms and the layers of `device()`, with noise."""
    rows = archs(n, seed=seed)
    sums = LayerSum(SPACE, device())(rows)["latency_ms"] + 2
    noise = 1 + 0.02 * np.abs(np.random.default_rng(seed).standard_normal((n, rounds)))
    measured = Measurements(SPACE, rows, {"latency_ms": sums[:, None] * noise}, {"device": "made-up board"})
    measured.write(path)
    return measured


def test_fit_chooses_by_cross_validation_and_environments_take_what_it_writes() -> None:
    device().write(own_device_path("board"))
    measured = measure(Path("networks.csv"), rounds=4)
    text = run("fit", "networks.csv", "--device", "board", "--name", "mine").output
    for label in ("operation_counts", "lookup", "linear by=sum", "linear by=group", "boosting", "measured again"):
        assert re.search(rf"^[* ] {label} +60 ", text, re.MULTILINE), text
    assert re.search(r"^\* linear by=(sum|group)", text, re.MULTILINE), text
    cost = open_cost("mine", SPACE)
    assert cost(measured.archs)["latency_ms"] == pytest.approx(measured.values["latency_ms"], rel=0.05)
    assert cost.card["device"] == "made-up board"
    assert cost.card["model"].startswith("linear by=")
    assert cost.card["cross_validation"]["kendall_tau"] > 0.9
    assert cost.card["test_retest"]["n"] == 60

    text = run("list").output
    assert re.search(r"^mine +60 +latency_ms +0\.9\d\d +nasbench201 +linear$", text, re.MULTILINE), text
    own_model_path("broken").write_text("{}")
    assert re.search(r"^broken .*damaged: .*'format' is missing$", run("list").output, re.MULTILINE)

    measure(Path("others.csv"), n=40, seed=9, rounds=2)
    text = run("evaluate", "mine", "others.csv").output
    assert re.search(r"^  mine +40 +0\.9", text, re.MULTILINE), text
    assert "measured again" in text
    seen = cost.fitted_to(archs(40, seed=9)).sum()
    assert (f"{seen} of these networks are among those" in text) == bool(seen)
    assert (
        "60 of these networks are among those that mine was fitted to" in run("evaluate", "mine", "networks.csv").output
    )
    assert re.search(r"^  board +40 ", run("evaluate", "board", "others.csv").output, re.MULTILINE)


def test_a_table_of_ones_own_says_with_an_option_of_which_space_it_is() -> None:
    rows = archs(30)
    with Path("cells.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["arch", "valid_accuracy", "latency_ms", "who"])
        writer.writerows(
            [SPACE.genotype(row), 0.5, value, "me"] for row, value in zip(rows, by_counts(rows), strict=True)
        )
    space = [
        "--space",
        "nasbench201",
        *(word for item in SPACE.settings.items() for word in ("--setting", "=".join(map(str, item)))),
    ]
    text = run("fit", "cells.csv", *space, "--model", "operation_counts", "-o", "phone.json").output
    assert "written: phone.json (operation_counts, fitted to 30 networks)" in text
    assert open_cost("phone.json", SPACE)(archs(99))["latency_ms"] == pytest.approx(by_counts(archs(99)), rel=0.01)
    assert "phone.json" in run("evaluate", "phone.json", "cells.csv", *space).output
    assert "--space does" in str(run("fit", "cells.csv", "--name", "x", code=1).exception)


def test_networks_that_went_wrong_can_be_left_out() -> None:
    device().write(own_device_path("board"))
    measured = measure(Path("networks.csv"))
    values = measured.values["latency_ms"].copy()
    values[[3, 30]] *= 2
    Measurements(SPACE, measured.archs, {"latency_ms": values}, {}).write(Path("wrong.csv"))
    common = ["wrong.csv", "--device", "board", "--model", "linear", "--drop-anomalies", "0.1"]
    assert "left out: 2 of 60 networks, off by more than 10%" in run("fit", *common, "--name", "clean").output
    assert open_cost("clean", SPACE)(measured.archs)["latency_ms"] == pytest.approx(
        measured.values["latency_ms"], rel=0.05
    )
    error = run("fit", "wrong.csv", "--drop-anomalies", "0.1", "--name", "x", code=1).exception
    assert "--device says what these cost" in str(error)


def test_a_device_from_a_file_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device().write(Path("board.csv"))
    measure(Path("networks.csv"))
    run(
        "fit", "networks.csv", "--device", "board.csv", "--model", "linear", "--model-arg", "by=group", "--name", "mine"
    )
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert open_cost("mine", SPACE).card["model"] == "linear"
    assert json.loads(own_model_path("mine").read_text())["model"]["settings"] == {"by": "group"}


def test_what_would_go_wrong_is_said_before_anything_is_fitted() -> None:
    device().write(own_device_path("board"))
    measured = measure(Path("networks.csv"))
    Measurements(SPACE, measured.archs, {"energy_mj": measured.values["latency_ms"]}, {}).write(Path("energy.csv"))
    run("fit", "networks.csv", "--model", "operation_counts", "--name", "mine")
    for arguments, message in (
        (["fit", "networks.csv", "--name", "mine"], "is there already; --replace"),
        (["fit", "networks.csv", "--name", "board"], "is the name of a device"),
        (["fit", "networks.csv", "--name", "eyeriss"], "is the name of a device"),
        (["fit", "none.csv", "--name", "x"], "no measurements of networks at none.csv"),
        (["fit", "networks.csv", "--model", "gausian_process", "--name", "x"], "Did you mean 'gaussian_process'"),
        (["fit", "networks.csv", "--model", "linear", "--model-arg", "bye=kind", "--name", "x"], "Did you mean 'by'"),
        (["fit", "networks.csv", "--metric", "energy_mj", "--name", "x"], "Known: latency_ms"),
        (["evaluate", "mien", "networks.csv"], "Did you mean 'mine'"),
        (["evaluate", "mine", "energy.csv"], "mine knows latency_ms; --metric energy_mj was measured"),
    ):
        assert message in str(run(*arguments, code=1).exception)
    assert "and not both" in run("fit", "networks.csv", code=2).output
    ignored = run("fit", "networks.csv", "--model-arg", "by=group", "--name", "x", code=2)
    assert "--model-arg is of one model" in ignored.output
    assert "does not end in .json" in run("fit", "networks.csv", "-o", "m.csv", code=2).output


def test_a_layer_that_the_device_does_not_know_is_an_error() -> None:
    known = {layer: row for layer, row in device().rows.items() if layer.kind != "avg_pool"}
    LayerTable("poor", known, {}).write(own_device_path("poor"))
    measure(Path("networks.csv"))
    error = run("fit", "networks.csv", "--device", "poor", "--model", "linear", "--name", "x", code=1).exception
    assert "was not measured on poor" in str(error)


def test_a_new_device_is_learned_from_few_networks_and_other_devices() -> None:
    rng = np.random.default_rng(0)
    each = rng.uniform(0, 3, (4, 5))
    columns = {f"device{i}_latency_ms": 9 + each[i][archs(200)].sum(axis=1) for i in range(2)}
    Measurements(SPACE, archs(200), columns, {}).write(Path("two.csv"))
    for i in (2, 3):
        rows = archs(100, seed=i)
        Measurements(SPACE, rows, {"latency_ms": 9 + each[i][rows].sum(axis=1)}, {}).write(Path(f"device{i}.csv"))
    others = [word for name in ("two", "device2", "device3") for word in ("--from-devices", f"{name}.csv")]
    Path("these.yaml").write_text(run("fit", *others, "--choose", "12").output)
    chosen = read_architectures(Path("these.yaml"), SPACE)
    assert len(np.unique(chosen, axis=0)) == 12

    new = each.mean(axis=0)
    Measurements(SPACE, chosen, {"latency_ms": 4 + new[chosen].sum(axis=1)}, {}).write(Path("new.csv"))
    text = run("fit", "new.csv", *others, "--name", "new").output
    assert re.search(r"^\* from_devices +12 ", text, re.MULTILINE), text
    assert open_cost("new", SPACE)(archs(50))["latency_ms"] == pytest.approx(4 + new[archs(50)].sum(axis=1), rel=0.02)
    assert set(json.loads(own_model_path("new").read_text())["model"]["settings"]["known"]) == {
        f"device{i}" for i in range(4)
    }

    assert "--from-devices names" in run("fit", "--choose", "12", code=2).output
    assert "leave out --model" in run("fit", "new.csv", *others, "--model", "mlp", "--name", "x", code=2).output
    assert "device2 is there twice" in str(
        run("fit", *others, "--from-devices", "device2.csv", "--choose", "3", code=1).exception
    )
    assert "no column energy_mj in" in str(
        run("fit", *others, "--metric", "energy_mj", "--choose", "3", code=1).exception
    )
