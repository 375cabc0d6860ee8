"""Damage and lies in a table are found: each is planted once."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.benchmarks import FOLDER, Column, open_table, write_table
from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.ingest import check_table
from awnas_gym.ingest.official.imported import CURVE, Imported
from awnas_gym.spaces.nats_size import NATSSize

SPACE = NATSSize()


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a table of 20 networks, two seeds, two fidelities; one training is missing and one has failed."""
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path))
    accuracy = np.random.default_rng(0).uniform(0.2, 1, (20, 2, 2)).astype(np.float32)
    accuracy[3, 1, 1], accuracy[4, 0, 1] = np.nan, 0.1
    metrics = {
        "valid_accuracy": Column(accuracy, CURVE),
        "latency_ms": Column(np.arange(20.0) + 1, ("row",)),
        "remark": Column(np.arange(20), ("row",)),  # no metric, so no evaluator reads it
    }
    card = {"title": "t", "fidelities": [1, 90], "seeds": [777, 888]}
    return Imported("t", SPACE, SPACE.unindex(np.arange(20)), metrics, card, chance=0.1).write()


def rewrite(path: Path, change: Callable[[dict[str, Any], dict[str, Column]], None]) -> None:
    """Write a table again after a change of its card and its columns, with right checksums."""
    old = open_table(path)
    card, columns = json.loads(json.dumps(old.card)), dict(old.columns)
    change(card, columns)
    write_table(path, space=old.space, card=card, columns=columns)


def test_what_was_written_is_right(table: Path) -> None:
    evaluator = check_table(table)
    assert evaluator.fidelities == (1, 90)
    counts = evaluator.card["counts"]
    assert counts["trainings"] == {"1": {"2": 20}, "90": {"1": 1, "2": 19}}
    assert counts["missing_seeds"] == {"1": {}, "90": {"888": 1}}
    assert counts["failed_trainings"] == {"1": 0, "90": 1}


def test_the_table_that_ships_is_right() -> None:
    assert check_table(FOLDER / "fashion14.awnas").trials == 3


def test_a_changed_byte_of_any_column_or_of_the_header_is_found(table: Path) -> None:
    whole = table.read_bytes()
    header = struct.unpack_from("<8sQ32s", whole)[1]
    about = json.loads(whole[48 : 48 + header])
    places = {name: 48 + header + column["offset"] for name, column in about["columns"].items()}
    for name, place in places.items():
        table.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(TableFileError, match=f"the checksum of {name} differs"):
            check_table(table)
    table.write_bytes(whole.replace(b'"title": "t"', b'"title": "u"'))
    with pytest.raises(TableFileError, match="the checksum of its header differs"):
        check_table(table)
    table.write_bytes(whole[:-64])
    with pytest.raises(TableFileError, match="truncated"):
        check_table(table)


def lie(*keys: str, to: object) -> Callable[[dict[str, Any], dict[str, Column]], None]:
    """Return a change of one entry of the card."""

    def change(card: dict[str, Any], _: dict[str, Column]) -> None:
        for key in keys[:-1]:
            card = card[key]
        card[keys[-1]] = to

    return change


def drop(*keys: str) -> Callable[[dict[str, Any], dict[str, Column]], None]:
    """Return a change that leaves an entry of the card out."""

    def change(card: dict[str, Any], _: dict[str, Column]) -> None:
        for key in keys[:-1]:
            card = card[key]
        del card[keys[-1]]

    return change


def swap_rows(_: dict[str, Any], columns: dict[str, Column]) -> None:
    archs = columns["archs"].values.copy()
    archs[[0, 1]] = archs[[1, 0]]
    columns["archs"] = Column(archs, columns["archs"].dims)


def better(_: dict[str, Any], columns: dict[str, Column]) -> None:
    values = columns["valid_accuracy"].values.copy()
    values[7, :, 1] = 1
    columns["valid_accuracy"] = Column(values, CURVE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lie("classes", to=21), r"classes is 21 in the card; from the columns follows 20"),
        (lie("counts", "architectures", to=19), r"counts\.architectures is 19 in the card"),
        (lie("counts", "trainings", "90", to={"2": 19}), r"counts\.trainings\.90\.1 is None .* follows 1"),
        (lie("counts", "trainings", "90", "3", to=2), r"counts\.trainings\.90\.3 is 2 .* follows None"),
        (lie("counts", "missing_seeds", "90", "888", to=2), r"counts\.missing_seeds\.90\.888 is 2"),
        (lie("counts", "failed_trainings", "90", to=0), r"counts\.failed_trainings\.90 is 0"),
        (lie("chance", to=0.01), r"counts\.failed_trainings\.90 is 1 .* follows 0"),
        (drop("chance"), r"the card has counts that cannot be worked out: KeyError\('chance'\)"),
        (lie("coverage", to=1.0), r"coverage is 1\.0"),
        (lie("reference", "valid_accuracy", "best", to=0.5), r"reference\.valid_accuracy\.best is 0\.5"),
        (lie("reference", "test_accuracy", to={"best": 0.9}), r"reference\.test_accuracy\.best is 0\.9 .* None"),
        (lie("multi_objective", "nadir", to=[0.0, 0.0]), r"multi_objective\.nadir\.0 is 0\.0"),
        (swap_rows, "entry_row does not fit the architectures"),
        (better, r"reference\.valid_accuracy\..* in the card; from the columns follows"),
    ],
)
def test_a_card_or_an_index_that_does_not_fit_is_named(table: Path, change: Any, message: str) -> None:
    rewrite(table, change)
    with pytest.raises(TableFileError, match=message):
        check_table(table)


@pytest.mark.parametrize(
    "change",
    [
        drop("counts"),
        drop("reference"),
        drop("reference", "valid_accuracy", "mean_random"),
        lie("title", to="another"),
        lie("seen", to={"by": "me"}),
    ],
)
def test_a_card_may_say_less_or_other_things(table: Path, change: Any) -> None:
    rewrite(table, change)
    check_table(table)


def test_the_volume_of_a_front_is_not_missed_without_moocore(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rewrite(table, lie("multi_objective", "hypervolume", to=1.0))
    monkeypatch.setitem(__import__("sys").modules, "moocore", None)
    check_table(table)


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no benchmark table at"):
        check_table(tmp_path / "x.awnas")
