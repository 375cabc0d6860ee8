"""Recorded benchmarks: one file each, opened once a process."""

from __future__ import annotations

import functools
from pathlib import Path

from awnas_gym.benchmarks.store import Column, TableFile, open_table, write_table
from awnas_gym.tables import Row, Table

__all__ = ["TABLES", "Column", "TableFile", "load_table", "open_table", "write_table"]

FOLDER = Path(__file__).parent / "tables"

TABLES = Table(
    "benchmark table",
    {"fashion14": Row("fashion14.awnas", "NAS-Bench-201 cells as small networks on Fashion-MNIST 14x14; embedded")},
)
"""Tables that ship; a row's target is a file in `tables/`."""


def load_table(name: str) -> TableFile:
    """Return the table called `name` (a row of `TABLES`), or that file if `name` ends in `.awnas`; opened once."""
    if name.endswith(".awnas"):
        return _open_once(Path(name).expanduser().resolve())
    return _open_once(FOLDER / TABLES[name].target)


@functools.cache
def _open_once(path: Path) -> TableFile:
    return open_table(path)
