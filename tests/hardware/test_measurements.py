"""Measured networks in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import IllegalArchitectureError, MissingDataError, SettingError, UnknownNameError
from awnas_gym.hardware.measurements import Measurements
from awnas_gym.spaces.darts import DARTS
from awnas_gym.spaces.nasbench201 import NASBench201

SPACE = NASBench201(channels=4, cells=1, image_size=8)
ARCHS = SPACE.unindex([0, 7, 15624])
ROUNDS = np.array([[3.0, 2.5, 2.75, 4.0], [1.0, 1.5, 1.25, 1.125], [0.5, 0.75, 0.625, 0.5]])


def measured() -> Measurements:
    return Measurements(
        SPACE, ARCHS, {"latency_ms": ROUNDS, "energy_mj": [1, 2, 3]}, {"device": "mine", "date": "2026-11-30"}
    )


def test_the_least_round_counts_and_halves_take_turns() -> None:
    found = measured()
    assert found.values["latency_ms"].tolist() == [2.5, 1.0, 0.5]
    odd, even = found.halves("latency_ms")
    assert odd.tolist() == [2.75, 1.0, 0.5]
    assert even.tolist() == [2.5, 1.125, 0.5]
    assert found.card["space"] == {"name": "nasbench201", "settings": SPACE.settings}
    with pytest.raises(SettingError, match="measured once"):
        found.halves("energy_mj")
    with pytest.raises(UnknownNameError, match="Did you mean 'latency_ms'"):
        found.halves("latncy_ms")


def test_what_is_written_is_read_and_other_programs_read_it(tmp_path: Path) -> None:
    path, found = tmp_path / "networks.csv", measured()
    found.write(path)
    first, names, line, *_ = path.read_text().splitlines()
    assert json.loads(first.removeprefix("#")) == found.card
    assert names == "genotype,latency_ms,latency_ms_1,latency_ms_2,latency_ms_3,latency_ms_4,energy_mj"
    assert line == f"{SPACE.genotype(ARCHS[0])},2.5,3.0,2.5,2.75,4.0,1.0"
    for again in (Measurements.read(path), Measurements.read(path, space=SPACE)):
        assert again.space.settings == SPACE.settings
        assert again.card == found.card
        assert np.array_equal(again.archs, found.archs)
        assert again.values.keys() == found.values.keys()
        assert np.array_equal(again.rounds["latency_ms"], ROUNDS)
        assert list(again.rounds) == ["latency_ms"]


def test_some_networks_are_taken() -> None:
    found = measured()
    for rows in ([2, 0], np.array([True, False, True])):
        part = found.take(rows)
        assert len(part) == 2
        assert sorted(part.values["latency_ms"]) == [0.5, 2.5]
        assert part.rounds["latency_ms"].shape == (2, 4)


def test_a_plain_file_needs_the_space(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text(f"genotype,latency_ms\n{SPACE.genotype(ARCHS[1])},1.5\n")
    found = Measurements.read(path, space=SPACE)
    assert found.values["latency_ms"].tolist() == [1.5]
    assert not found.rounds
    with pytest.raises(SettingError, match="its card does not say"):
        Measurements.read(path)


CARD: dict[str, Any] = {"space": {"name": "nasbench201", "settings": {}}}
CELL = NASBench201().genotype(ARCHS[1])


@pytest.mark.parametrize(
    ("card", "lines", "message"),
    [
        (CARD, ["genotype,latency_ms"], "there is no network"),
        (CARD, ["architecture,latency_ms", f"{CELL},1"], "no column genotype"),
        (CARD, ["genotype,latency_ms", f"{CELL},1", "|nonsense~0|,2"], "line 4: "),
        (CARD, ["genotype,latency_ms", f"{CELL},1", f"{CELL},2"], "each network once"),
        (CARD, ["genotype,latency_ms", f"{CELL},1,2"], "line 3: it has more or fewer"),
        (CARD, ["genotype,latency_ms", f"{CELL},fast"], "line 3: latency_ms is 'fast'"),
        (CARD, ["genotype,latency_ms", f"{CELL},-1"], "line 3: latency_ms is -1"),
        (CARD, ["genotype,latency_ms", f"{CELL},nan"], "line 3: latency_ms is nan"),
        (CARD, ["genotype,latency", f"{CELL},1"], "line 3: No column named 'latency'. Did you mean 'latency_ms'"),
        (CARD, ["genotype,latency_ms,latency_ms", f"{CELL},1,1"], "line 2: a column is there twice"),
        (CARD, ["genotype,latency_ms,latency_ms_2", f"{CELL},1,1"], "they are called latency_ms_1"),
        (CARD, ["genotype,latency_ms,latency_ms_1,latency_ms_2", f"{CELL},1,2,3"], "is not the least of"),
        ({"space": {"name": "nasbench21", "settings": {}}}, ["genotype,latency_ms"], "Did you mean 'nasbench201'"),
        ({"space": {"name": "nasbench201", "settings": {"width": 3}}}, ["genotype,latency_ms"], "setting"),
        ({"space": "nasbench201"}, ["genotype,latency_ms"], "its card does not say"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    card: dict[str, Any], lines: list[str], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("\n".join([f"# {json.dumps(card)}", *lines]) + "\n")
    with pytest.raises(SettingError, match=message):
        Measurements.read(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "networks.csv"
    with pytest.raises(MissingDataError, match=r"no measurements of networks at .*networks\.csv"):
        Measurements.read(path)
    measured().write(path)
    with pytest.raises(SettingError, match="wanted is nasbench201 with"):
        Measurements.read(path, space=NASBench201())
    with pytest.raises(SettingError, match="wanted is darts with"):
        Measurements.read(path, space=DARTS())
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingError, match="is no measurements of networks"):
        Measurements.read(path)


@pytest.mark.parametrize(
    ("archs", "values", "error", "message"),
    [
        (ARCHS, {}, SettingError, "one metric"),
        (ARCHS, {"latency_ms": [1, 2]}, SettingError, r"has the shape \(2,\)"),
        (ARCHS, {"latency": [1, 2, 3]}, UnknownNameError, "Did you mean 'latency_ms'"),
        (ARCHS, {"latency_ms": [1, float("inf"), 3]}, SettingError, "holds inf"),
        (ARCHS[[0, 0]], {"latency_ms": [1, 2]}, SettingError, "each network once"),
        ([[9] * 6], {"latency_ms": [1]}, IllegalArchitectureError, "legal"),
    ],
)
def test_what_is_no_measurement_is_refused(
    archs: Any, values: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Measurements(SPACE, archs, values, {})
