"""Recorded benchmarks: one file each, opened once a process."""

from __future__ import annotations

import functools
import logging
from pathlib import Path

from awnas_gym.benchmarks.home import own_table_path, own_tables
from awnas_gym.benchmarks.store import Column, TableFile, open_table, verify_table, write_table
from awnas_gym.errors import UnknownNameError
from awnas_gym.tables import Row, Table

__all__ = [
    "TABLES",
    "Column",
    "TableFile",
    "load_table",
    "open_table",
    "own_table_path",
    "own_tables",
    "verify_table",
    "write_table",
]

FOLDER = Path(__file__).parent / "tables"
_LOG = logging.getLogger(__name__)

GRAPHS = ("cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv", "proteins")
"""Data sets of NAS-Bench-Graph."""

TABLES = Table(
    "table",
    {
        "fashion14": Row("fashion14.awnas", "NAS-Bench-201 cells as small networks on Fashion-MNIST 14x14; embedded"),
        **{
            f"nasbench_graph_{dataset}": Row(
                "awnas_gym.benchmarks.nasbench_graph:nasbench_graph",
                f"graph networks on {dataset}; pip install nas-bench-graph",
            )
            for dataset in GRAPHS
        },
        "analog_nasbench": Row(
            "awnas_gym.benchmarks.analog_nasbench:analog_nasbench",
            "NAS-Bench-201 cells quantised and on analog hardware; pip install analog-nasbench",
        ),
    },
)
"""A row's target is a file in `tables/`, or a function `name -> TableFile` that reads what another package ships."""


def load_table(name: str) -> TableFile:
    """Return a table, opened once.

    Args:
        name: a row of `TABLES`, one of the user's own (`awnas data list`), or the path of a file that ends in `.awnas`.
    """
    if name.endswith(".awnas"):
        return _open(Path(name).expanduser().resolve())
    if name in TABLES:
        row = TABLES[name]
        return _read_once(row, name) if ":" in row.target else _open(FOLDER / row.target)
    own = own_tables()
    if name not in own:
        raise UnknownNameError(TABLES.kind, name, [*TABLES, *own])
    return _open(own[name])


@functools.lru_cache(maxsize=16)
def _read_once(row: Row, name: str) -> TableFile:
    table: TableFile = row.load()(name)
    return table


def _open(path: Path) -> TableFile:
    """Open a file that may be replaced while this process runs."""
    try:
        state = path.stat()
    except OSError:
        return open_table(path)  # which says what is wrong
    return _open_once(path, state.st_mtime_ns, state.st_ino)


@functools.lru_cache(maxsize=64)
def _open_once(path: Path, _mtime_ns: int, _inode: int) -> TableFile:
    table = open_table(path)
    _LOG.info("opened %s, checksum %s", path, table.checksum[:16])
    return table
