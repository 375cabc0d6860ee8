"""The table file: what goes in comes out, and nothing else is accepted."""

import json
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.benchmarks import Column, load_table, open_table, write_table
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
        with pytest.raises(TableFileError):
            open_table(path)


@pytest.mark.parametrize("length", [0, 10, 48, 60, 200, -1])
def test_every_truncation_is_noticed(tmp_path: Path, length: int) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(TableFileError, match=str(path)):
        open_table(path)


def test_another_schema_is_named(tmp_path: Path) -> None:
    import hashlib
    import struct

    path = written(tmp_path)
    raw = path.read_bytes()
    body = raw[48:].replace(b'"schema": 1', b'"schema": 9')
    path.write_bytes(
        struct.pack("<8sQ32s", b"AWNASTAB", struct.unpack_from("<Q", raw, 8)[0], hashlib.sha256(body).digest()) + body
    )
    with pytest.raises(TableFileError, match="schema 9; this version reads 1"):
        open_table(path)


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
