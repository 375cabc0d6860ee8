"""Layers into a table: resumed, extended, and never mixed with what was measured otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from awnas_gym.errors import RunFolderError, SettingError
from awnas_gym.hardware import LayerTable, layers_of
from awnas_gym.profiling import layers
from awnas_gym.profiling.journal import Journal
from awnas_gym.profiling.layers import profile_layers
from awnas_gym.spaces.nasbench201 import NASBench201
from awnas_gym.spaces.nasbench_macro import NASBenchMacro
from awnas_gym.spaces.recurrent import Recurrent
from tests.profiling.fake_runtime import FakeRuntime, unwatched

SPACE = NASBench201(channels=4, cells=1, image_size=8)
OTHER = NASBenchMacro(image_size=8)


def test_a_table_holds_the_layers_and_says_how_they_were_measured(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    table = profile_layers([SPACE], FakeRuntime(), path, watch=unwatched)
    assert set(table.rows) == set(layers_of(SPACE))
    assert LayerTable.read(path).rows == table.rows
    conv = next(layer for layer in table.rows if layer.kind == "conv")
    assert table.rows[conv] == {"latency_ms": conv.macs / 1e3, "latency_ms_iqr": 0.0, "latency_ms_n": 5.0}
    assert table.card["device"] == "fake"
    assert table.card["spaces"] == [{"name": "nasbench201", "settings": SPACE.settings}]
    assert len(table.card["date"]) == 10
    assert [each.name for each in tmp_path.iterdir()] == ["mine.csv"]


def test_what_was_measured_before_a_stop_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "GROUP", 3)
    path, total = tmp_path / "mine.csv", len(layers_of(SPACE))
    with pytest.raises(KeyboardInterrupt):
        profile_layers([SPACE], FakeRuntime(stop=9), path, watch=unwatched)
    assert not path.exists()
    partial = tmp_path / "mine.csv.partial"
    lines = partial.read_bytes()
    assert lines.count(b"\n") == 10
    partial.write_bytes(lines[:-7])  # a kill cuts a line off
    with pytest.raises(SettingError, match=r"mine\.csv\.partial: .*threads was 1, is 2"):
        profile_layers([SPACE], FakeRuntime(threads=2), path, watch=unwatched)
    with pytest.raises(KeyboardInterrupt):
        profile_layers([SPACE], FakeRuntime(stop=4), path, watch=unwatched)
    again = FakeRuntime()
    profile_layers([SPACE], again, path, watch=unwatched)
    assert len(again.done) < total - 8
    whole = LayerTable.read(path).rows
    assert whole == profile_layers([SPACE], FakeRuntime(), tmp_path / "once.csv", watch=unwatched).rows


def test_the_least_of_several_rounds_counts(tmp_path: Path) -> None:
    runtime = FakeRuntime(slower=True)
    table = profile_layers([SPACE], runtime, tmp_path / "mine.csv", watch=unwatched, rounds=3)
    total = len(layers_of(SPACE))
    assert len(runtime.done) == 3 * total
    assert all(row["latency_ms"] == layer.macs / 1e3 for layer, row in table.rows.items())
    orders = [runtime.done[i * total : (i + 1) * total] for i in range(3)]
    assert orders[0] != orders[1]
    assert all(set(order) == set(table.rows) for order in orders)
    assert table.card["rounds"] == 3
    with pytest.raises(SettingError, match="rounds was 3, is 1"):
        profile_layers([OTHER], FakeRuntime(), tmp_path / "mine.csv", watch=unwatched)


def test_layers_are_measured_in_company_of_their_space(tmp_path: Path) -> None:
    runtime = FakeRuntime()
    profile_layers([SPACE, OTHER], runtime, tmp_path / "mine.csv", watch=unwatched)
    first, both = len(layers_of(SPACE)), len({*layers_of(SPACE), *layers_of(OTHER)})
    assert [sum(pair) for pair in runtime.groups] == [24] * len(runtime.groups)
    assert runtime.groups[:2] == [(13, 11), (12, 12)]
    assert first == 25
    assert sum(group for group, _ in runtime.groups) == both
    hundred = NASBench201(channels=4, cells=1, image_size=8, classes=100)
    profile_layers([hundred], runtime, tmp_path / "mine.csv", watch=unwatched)
    assert runtime.groups[-1] == (1, 23)
    shared = FakeRuntime()
    profile_layers([hundred, SPACE], shared, tmp_path / "shared.csv", watch=unwatched)
    assert shared.groups == [(13, 11), (12, 12), (1, 23)]


def test_a_table_takes_further_spaces(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    profile_layers([SPACE], FakeRuntime(), path, watch=unwatched)
    more = FakeRuntime()
    table = profile_layers([OTHER, SPACE], more, path, watch=unwatched)
    both = {*layers_of(SPACE), *layers_of(OTHER)}
    assert set(table.rows) == both
    assert len(more.done) == len(both) - len(layers_of(SPACE))
    assert [each["name"] for each in table.card["spaces"]] == ["nasbench_macro", "nasbench201"]
    with pytest.raises(SettingError, match=r"mine\.csv: it was measured otherwise: threads was 1, is 4; choose"):
        profile_layers([OTHER], FakeRuntime(threads=4), path, watch=unwatched)


def test_layers_of_another_stopped_run_are_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "GROUP", 3)
    path = tmp_path / "mine.csv"
    with pytest.raises(KeyboardInterrupt):
        profile_layers([OTHER], FakeRuntime(stop=9), path, watch=unwatched)
    profile_layers([SPACE], FakeRuntime(), path, watch=unwatched)
    rest = FakeRuntime()
    profile_layers([OTHER], rest, path, watch=unwatched)
    assert len(rest.done) <= len(layers_of(OTHER)) - 9
    assert not (tmp_path / "mine.csv.partial").exists()


def test_layers_that_nobody_runs_are_refused_at_once(tmp_path: Path) -> None:
    runtime = FakeRuntime()
    with pytest.raises(SettingError, match="No kind of layer that is measured named 'embedding'"):
        profile_layers([SPACE, Recurrent()], runtime, tmp_path / "mine.csv", watch=unwatched)
    assert not runtime.done
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"device":"fake"}\n["a",{"latency_ms":1}]\n["b"]\n', "line 3: "),
        (b'{"device":"fake"}\n["a",{"latency_ms":"fast"}]\n', "line 2: it is no measurement"),
        (b'{"device":"fake"}\n["a",{"latency_ms":NaN}]\n', "line 2: it is no measurement"),
        (b'{"device":"fake"}\n{{\n', "line 2: "),
        (b'[1]\n["a",{"latency_ms":1}]\n', "a card is a mapping"),
        (b'{"device":"other","threads":2}\n', "device was 'other', is 'fake'; threads was 2, is None"),
    ],
)
def test_another_file_is_not_taken_for_a_journal(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.partial"
    path.write_bytes(content)
    with pytest.raises(SettingError, match=message):
        Journal(path, {"device": "fake"})
    assert path.read_bytes() == content


def test_one_process_writes(tmp_path: Path) -> None:
    with Journal(tmp_path / "x", {"device": "fake"}), pytest.raises(RunFolderError, match="another process"):
        Journal(tmp_path / "x", {"device": "fake"})
