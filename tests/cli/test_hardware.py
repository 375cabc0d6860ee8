"""`awnas hardware` as a user types it."""

from __future__ import annotations

import csv
import re
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from click.testing import CliRunner

import awnas_gym  # noqa: F401 - for its environments
from awnas_gym.cli.hardware import COMMANDS
from awnas_gym.cli.main import group
from awnas_gym.errors import AwnasError
from awnas_gym.hardware import LayerTable, deployed, layers_of, open_device
from awnas_gym.hardware.measurements import Measurements
from awnas_gym.spaces.architecture_files import write_architectures
from awnas_gym.spaces.nasbench201 import NASBench201
from tests.cli.process import AWNAS, environment

SPACE = NASBench201(channels=4, cells=1, image_size=8)
SMALL = ["--setting", "channels=4", "--setting", "cells=1", "--setting", "image_size=8"]
QUICK = ["--min-run-s", "0.001"]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def here(*arguments: str, code: int = 0) -> SimpleNamespace:
    """Do what the fixture `awnas` does in this process, which has torch already."""
    done = CliRunner().invoke(group, ["hardware", *arguments], prog_name="awnas")
    told = f"awnas: {done.exception}" if isinstance(done.exception, AwnasError) else done.output
    assert done.exit_code == code, (done.stdout, told, done.exception)
    return SimpleNamespace(stdout=done.stdout, stderr=told)


def test_each_command_explains_itself_and_shows_how_it_is_used(awnas: Any) -> None:
    text = awnas("hardware", "--help").stdout
    for name, summary in COMMANDS.items():
        assert summary in " ".join(text.split())
        explained = awnas("hardware", name, "--help").stdout
        assert name == "list" or f": awnas hardware {name} " in explained


def test_layers_are_enumerated(tmp_path: Path) -> None:
    layers = layers_of(SPACE)
    text = here("enumerate", "--space", "nasbench201", *SMALL).stdout
    assert text.endswith(f"{len(layers)} layers of nasbench201\n")
    assert re.search(r"^conv +4 +4 +8 +8 +3 +1 +1 +1 +True +both$", text, re.MULTILINE)
    done = here("enumerate", "--space", "nasbench201", *SMALL, "-o", "layers.csv")
    assert done.stdout == f"written: layers.csv ({len(layers)} layers of nasbench201)\n"
    card, *lines = (tmp_path / "layers.csv").read_text().splitlines()
    assert '"channels": 4' in card
    assert len(list(csv.DictReader(lines))) == len(layers)
    (tmp_path / "measured.csv").write_text("\n".join([card, f"{lines[0]},latency_ms", *(f"{x},1" for x in lines[1:])]))
    assert set(LayerTable.read(tmp_path / "measured.csv").rows) == set(layers)
    assert "named 'channel'" in here("enumerate", "--space", "nasbench201", "--setting", "channel=4", code=1).stderr


def test_the_space_may_be_that_of_an_environment(tmp_path: Path) -> None:
    played = gym.make("awnas/NASBench201-v0").get_wrapper_attr("space")
    here("enumerate", "--space", "awnas/NASBench201-v0", "-o", "layers.csv")
    card, names, *lines = (tmp_path / "layers.csv").read_text().splitlines()
    measured = "\n".join([card, f"{names},latency_ms", *(f"{line},0.5" for line in lines)])
    (tmp_path / "mine.csv").write_text(measured)
    assert set(LayerTable.read(tmp_path / "mine.csv").rows) == set(layers_of(played))
    keywords = {"hardware": "mine.csv", "objective": "latency_ms", "action_mode": "joint"}
    env = gym.make("awnas/NASBench201-v0", **keywords)
    env.reset(seed=0)
    assert env.step([0] * 6)[1] == -0.5 * len(deployed(played.layers([0] * 6)))
    for arguments, message in (
        (["awnas/NASBench21-v0"], "Did you mean 'awnas/NASBench201-v0'"),
        (["awnas/NASBench201-v0", "--setting", "split_=1"], "Did you mean 'split'"),
    ):
        assert message in here("enumerate", "--space", *arguments, code=1).stderr


def test_a_file_that_describes_a_space_takes_no_settings(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("decisions: {depth: [1, 2]}\n")
    assert (
        "--setting channels=4 is of spaces by name" in here("enumerate", "--space", "mine.yaml", *SMALL, code=1).stderr
    )


def test_from_profiling_to_a_device() -> None:
    pytest.importorskip("torch", reason="profiling needs PyTorch")
    assert "No table of your own" in here("list").stdout
    done = here("profile", "--space", "nasbench201", *SMALL, *QUICK, "--name", "mine")
    total = len(layers_of(SPACE))
    assert re.search(rf"^written: .*home/hardware/mine\.csv \({total} layers\)$", done.stdout, re.MULTILINE)
    assert re.search(rf"layers: 100%.* {total}/{total} ", done.stderr)
    device = open_device("mine")
    costs = device.costs(layers_of(SPACE))["latency_ms"]
    assert (costs > 0).all()
    card = device.card
    assert (card["runtime"], card["threads"], card["batch_size"], card["min_run_s"]) == ("torch", 1, 1, 0.001)
    assert card["memory_format"] == "channels_last"
    assert "torch" in card["versions"]
    listed = here("list").stdout
    assert re.search(rf"^mine +{total} +latency_ms +nasbench201 +.*, torch, 1 thread\(s\)$", listed, re.MULTILINE)
    more = ["--space", "nasbench_macro", "--setting", "image_size=8"]
    here("profile", *more, *QUICK, "--name", "mine")
    assert len(open_device("mine").costs(layers_of(SPACE))["latency_ms"]) == total
    text = here("profile", *more, *QUICK, "--name", "mine", "--batch-size", "2", code=1).stderr
    assert "it was measured otherwise: batch_size was 1, is 2; choose another name" in text


def test_what_was_measured_before_a_kill_is_kept(awnas: Any, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="profiling needs PyTorch")
    command = ["hardware", "profile", "--space", "nasbench201", *SMALL, "-o", "slow.csv", "--min-run-s", "0.02"]
    process = subprocess.Popen([*AWNAS, *command], cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL)
    partial, deadline = tmp_path / "slow.csv.partial", time.monotonic() + 60
    while not (partial.exists() and partial.read_bytes().count(b"\n") > 3) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = partial.read_bytes().count(b"\n") - 1
    total = len(layers_of(SPACE))
    assert 0 < kept < total
    done = awnas(*command)
    assert f" {total - kept}/{total - kept} " in done.stderr
    assert len(LayerTable.read(tmp_path / "slow.csv").rows) == total
    assert not partial.exists()


def test_onnx_runtime_measures_too(tmp_path: Path) -> None:
    for package in ("torch", "onnx", "onnxruntime"):
        pytest.importorskip(package, reason="profiling in ONNX Runtime needs the extra onnx")
    runtime = ["--runtime", "onnxruntime", "--threads", "2"]
    here("profile", "--space", "nasbench201", *SMALL, *QUICK, *runtime, "-o", "onnx.csv")
    table = LayerTable.read(tmp_path / "onnx.csv")
    assert set(table.rows) == set(layers_of(SPACE))
    assert (table.card["runtime"], table.card["threads"]) == ("onnxruntime", 2)
    text = here("profile", "--space", "nasbench201", *runtime, "--device", "cuda", "-o", "x.csv", code=1)
    assert "ONNX Runtime is measured on cpu here; got 'cuda'" in text.stderr


def test_tables_and_models_of_ones_own_are_listed(tmp_path: Path) -> None:
    text = here("list").stdout
    assert re.search(r"^  eyeriss +an accelerator: ", text, re.MULTILINE)
    assert "Your own" not in text
    folder = tmp_path / "home" / "hardware"
    folder.mkdir(parents=True)
    (folder / "bad.csv").write_text("nothing\n")
    (folder / "worse.json").write_text("{}")
    text = here("list").stdout
    assert re.search(r"^bad .* damaged: .*bad\.csv", text, re.MULTILINE)
    assert re.search(r"^worse .* damaged: .*worse\.json", text, re.MULTILINE)


def test_networks_are_measured_in_rounds(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="profiling needs PyTorch")
    command = ["profile", "--space", "nasbench201", *SMALL, *QUICK, "--networks", "3", "-o", "nets.csv"]
    done = here(*command, "--seed", "1", "--repeats", "3")
    assert re.search(r"^written: nets\.csv \(3 networks, latency_ms [\d.]+ to [\d.]+\)$", done.stdout, re.MULTILINE)
    assert re.search(r"^odd and even rounds: median difference [\d.]+%$", done.stdout, re.MULTILINE)
    found = Measurements.read(tmp_path / "nets.csv")
    assert found.space.settings == SPACE.settings
    assert found.rounds["latency_ms"].shape == (3, 3)
    assert (found.rounds["latency_ms"] > 0).all()
    assert found.card["runtime"] == "torch"
    assert "nets.csv is there" in here(*command, code=1).stderr
    assert "of one --space" in here(*command, "--space", "darts", code=2).stderr

    command = command[:-4]
    write_architectures(tmp_path / "these.yaml", found.archs[:2], SPACE)
    here(*command, "--networks", "these.yaml", "-o", "two.csv")
    assert np.array_equal(Measurements.read(tmp_path / "two.csv").archs, found.archs[:2])
    write_architectures(tmp_path / "these.yaml", found.archs[[0, 0]], SPACE)
    assert "lists an architecture twice" in here(*command, "--networks", "these.yaml", "-o", "x.csv", code=2).stderr
    assert "is no number from 1" in here(*command, "--networks", "0", "-o", "x.csv", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--name", "a", "-o", "b.csv"], 2, "and not both"),
        ([], 2, "and not both"),
        (["-o", "b.txt"], 2, "does not end in .csv"),
        (["--name", "../a"], 1, "names no device"),
        (["--name", "eyeriss"], 1, "eyeriss is the name of a device; choose another"),
        (["--name", "a", "--device", "toaster"], 1, "torch has no device 'toaster' here"),
        (["--name", "a", "--threads", "0"], 2, "--threads"),
        (["--name", "a", "--networks", "2"], 2, "into a file, --out"),
    ],
)
def test_wrong_options_are_refused(arguments: list[str], code: int, message: str) -> None:
    pytest.importorskip("torch", reason="profiling needs PyTorch")
    assert message in here("profile", "--space", "nasbench201", *arguments, code=code).stderr


def test_to_another_device_and_back(awnas: Any, tmp_path: Path) -> None:
    for package in ("onnx", "onnxruntime"):
        pytest.importorskip(package, reason="exported layers need the extra onnx")
    total = len(layers_of(SPACE))
    done = awnas("hardware", "export", "--space", "nasbench201", *SMALL, "-o", "layers")
    assert f"written: layers ({total} models)" in done.stdout
    assert "python layers/run.py -o results.csv" in done.stdout
    script = [AWNAS[0], "layers/run.py", "-o", "pi4.csv", "--device", "pi4", "--min-run-s", "0.001"]
    subprocess.run(script, cwd=tmp_path, check=True, timeout=120, stdout=subprocess.DEVNULL)
    told = awnas("hardware", "import", "pi4.csv", "--name", "pi4", "--drifted").stdout
    assert re.search(rf"^written: .*home/hardware/pi4\.csv \({total} layers\)$", told, re.MULTILINE)
    assert re.search(
        rf"^pi4 +{total} +latency_ms +nasbench201 +pi4, onnxruntime", awnas("hardware", "list").stdout, re.M
    )
    assert (open_device("pi4").costs(layers_of(SPACE))["latency_ms"] > 0).all()
    again = ["hardware", "import", "pi4.csv", "--name", "pi4", "--drifted"]
    assert "is there; --replace" in awnas(*again, code=2).stderr
    awnas(*again, "--replace")


def test_what_others_measured_is_imported(tmp_path: Path) -> None:
    here("enumerate", "--space", "nasbench201", *SMALL, "-o", "layers.csv")
    card, names, *lines = (tmp_path / "layers.csv").read_text().splitlines()
    (tmp_path / "mine.csv").write_text("\n".join([card, f"{names},energy_mj", *(f"{line},2.5" for line in lines)]))
    here("import", "mine.csv", "--name", "mine")
    assert set(open_device("mine").costs(layers_of(SPACE))["energy_mj"]) == {2.5}
    cell = SPACE.genotype([0, 1, 2, 3, 4, 0])
    card = '# {"device": "x", "space": {"name": "nasbench201", "settings": {}}}'
    (tmp_path / "nets.csv").write_text(f"{card}\ngenotype,latency_ms\n{cell},1.5\n")
    assert "they go into a file, --out" in here("import", "nets.csv", "--name", "nets", code=2).stderr
    assert "(1 network(s) of nasbench201)" in here("import", "nets.csv", "-o", "found.csv").stdout
    assert Measurements.read(tmp_path / "found.csv").values["latency_ms"].tolist() == [1.5]
    for arguments, code, message in (
        (["nowhere.csv", "--name", "a"], 1, "no CSV of measurements at nowhere.csv"),
        (["logs", "--name", "a", "--format", "trtexec"], 2, "--models goes with"),
        (["mine.csv", "--name", "a", "--models", "layers"], 2, "--models goes with"),
        (
            ["logs", "--name", "a", "--format", "trtexec", "--models", "layers"],
            1,
            "no manifest at layers/manifest.json",
        ),
    ):
        assert message in here("import", *arguments, code=code).stderr
