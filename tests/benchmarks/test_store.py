"""The table file: what goes in comes out, and nothing else is accepted."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.benchmarks import Column, load_table, open_table, verify_table, write_table
from awnas_gym.errors import MissingDataError, TableFileError, UnknownNameError

COLUMNS = {
    "counts": Column(np.arange(24, dtype=np.uint16).reshape(4, 3, 2), ("class", "trial", "epoch"), 500),
    "latency_ms": Column(np.linspace(0, 1, 7, dtype=np.float32), ("arch",)),
}
SPACE = {"name": "nasbench201", "settings": {}}


def written(folder: Path) -> Path:
    path = folder / "t.awnas"
    write_table(path, space=SPACE, card={"title": "t"}, columns=COLUMNS)
    return path


def test_round_trip(tmp_path: Path) -> None:
    table = open_table(written(tmp_path))
    assert table.card == {"title": "t"}
    assert table.space == SPACE
    for name, column in COLUMNS.items():
        np.testing.assert_array_equal(table.columns[name].values, column.values)
        assert table.columns[name].values.dtype == column.values.dtype
        assert (table.columns[name].dims, table.columns[name].denominator) == (column.dims, column.denominator)


def test_columns_are_views_of_the_file_and_cannot_be_written(tmp_path: Path) -> None:
    values = open_table(written(tmp_path)).columns["counts"].values
    with pytest.raises(ValueError, match="read-only"):
        values[0, 0, 0] = 1


def test_every_altered_byte_is_noticed(tmp_path: Path) -> None:
    path = written(tmp_path)
    whole = path.read_bytes()
    for position in range(0, len(whole), 37):
        changed = bytearray(whole)
        changed[position] ^= 0x40
        path.write_bytes(changed)
        with pytest.raises(TableFileError, match=str(path)):
            verify_table(path)


def test_a_column_is_checked_when_it_is_first_read_and_no_other(tmp_path: Path) -> None:
    path = written(tmp_path)
    raw = bytearray(path.read_bytes())
    raw[-60] ^= 1  # within latency_ms
    path.write_bytes(raw)
    table = open_table(path)
    np.testing.assert_array_equal(table.columns["counts"].values, COLUMNS["counts"].values)
    assert table.columns["latency_ms"].shape == (7,)
    for _ in range(2):
        with pytest.raises(TableFileError, match="altered: the checksum of latency_ms differs"):
            table.columns["latency_ms"].values  # noqa: B018 - reading it is the check


@pytest.mark.parametrize("length", [0, 10, 48, 60, 200, -1, -64])
def test_every_truncation_is_noticed(tmp_path: Path, length: int) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(TableFileError, match=str(path)):
        open_table(path)


def test_another_schema_is_named(tmp_path: Path) -> None:
    path = written(tmp_path)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b'"schema": 2', b'"schema": 9'))
    with pytest.raises(TableFileError, match="schema 9; this version reads 2"):
        open_table(path)


def forged(folder: Path, header: bytes, *, length: int | None = None) -> Path:
    """Write a table with any header and 1,024 bytes of columns, and a checksum that fits."""
    path, digest = folder / "forged.awnas", hashlib.sha256(header).digest()
    prefix = struct.pack("<8sQ32s", b"AWNASTAB", len(header) if length is None else length, digest)
    path.write_bytes(prefix + header + bytes(1024))
    return path


COLUMN = {
    "dtype": "uint16",
    "shape": [4, 3],
    "dims": ["arch", "trial"],
    "denominator": 1,
    "offset": 0,
    "sha256": hashlib.sha256(bytes(64)).hexdigest(),
}
HEADER = {"schema": 2, "space": SPACE, "card": {}, "columns": {"x": COLUMN}, "bytes": 1024}


def test_a_forged_header_that_is_right_is_read(tmp_path: Path) -> None:
    assert open_table(forged(tmp_path, json.dumps(HEADER).encode())).columns["x"].values.shape == (4, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": "object"},
        {"dtype": "float16"},
        {"dtype": ["uint16"]},
        {"dtype": None},
        {"shape": [-4, -3]},
        {"shape": [4, 3.0]},
        {"shape": [4, True]},
        {"shape": 12},
        {"shape": "12"},
        {"shape": [12]},
        {"shape": [10**30, 10**30]},
        {"shape": [10**30, 0]},
        {"shape": [100, 100]},
        {"dims": [1, 2]},
        {"dims": None},
        {"dims": ["arch"]},
        {"offset": -64},
        {"offset": 2.0},
        {"offset": 10**40},
        {"offset": 1010},
        {"denominator": 0},
        {"denominator": -1},
        {"denominator": "500"},
        {"denominator": None},
        {"sha256": None},
    ],
    ids=str,
)
def test_a_column_described_wrongly_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    header = {**HEADER, "columns": {"x": {**COLUMN, **change}}}
    with pytest.raises(TableFileError, match=r"forged\.awnas is damaged: a column is described wrongly"):
        open_table(forged(tmp_path, json.dumps(header).encode()))


@pytest.mark.parametrize("key", sorted(COLUMN))
def test_a_column_described_in_part_is_refused(tmp_path: Path, key: str) -> None:
    part = {name: value for name, value in COLUMN.items() if name != key}
    with pytest.raises(TableFileError, match=f"described wrongly: '{key}'"):
        open_table(forged(tmp_path, json.dumps({**HEADER, "columns": {"x": part}}).encode()))


@pytest.mark.parametrize(
    "header",
    [
        b"no JSON",
        b"\xff\xfe",
        b"",
        b"[]",
        b"5",
        b"{}",
        b"[" * 100_000,
        b'{"schema":' + b"1" * 5000 + b"}",
        *(
            json.dumps({**HEADER, key: value}).encode()
            for key in ("space", "card", "columns")
            for value in (None, [], 5)
        ),
        json.dumps({**HEADER, "schema": [1]}).encode(),
        json.dumps({**HEADER, "space": {"name": ["x"], "settings": {}}}).encode(),
        json.dumps({**HEADER, "space": {"name": "nasbench201"}}).encode(),
        json.dumps({**HEADER, "columns": {"x": 5}}).encode(),
        json.dumps({**HEADER, "columns": {"x": [1]}}).encode(),
    ],
    ids=lambda header: repr(header[:60]),
)
def test_a_damaged_header_is_refused(tmp_path: Path, header: bytes) -> None:
    with pytest.raises(TableFileError, match=r"forged\.awnas"):
        open_table(forged(tmp_path, header))


@pytest.mark.parametrize("length", [10**4, 2**63, 2**64 - 1])
def test_a_header_longer_than_the_file_is_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises(TableFileError, match="goes beyond the file"):
        open_table(forged(tmp_path, json.dumps(HEADER).encode(), length=length))


def test_missing_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no benchmark table at"):
        open_table(tmp_path / "none.awnas")
    foreign = tmp_path / "x.awnas"
    foreign.write_text(json.dumps({"a": 1}) * 50)
    with pytest.raises(TableFileError, match="it starts with"):
        open_table(foreign)


def test_a_failed_write_leaves_the_old_table(tmp_path: Path) -> None:
    path = written(tmp_path)
    before = path.read_bytes()
    with pytest.raises(TableFileError, match="complex128"):
        write_table(path, space=SPACE, card={}, columns={"x": Column(np.zeros(2, complex), ("arch",))})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["t.awnas"]


def test_names_of_tables() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'fashion14'"):
        load_table("fashion15")
