"""Every row of every table of the package names something that exists, and says something about it."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import awnas_gym
from awnas_gym.benchmarks import TABLES, load_table
from awnas_gym.errors import MissingExtraError
from awnas_gym.tables import Table


def rows() -> list[tuple[str, Table, str]]:
    """Return (room, table, name) of every table that a room of the package holds."""
    rooms = [module.name for module in pkgutil.iter_modules(awnas_gym.__path__) if module.ispkg]
    found = []
    for room in rooms:
        module = importlib.import_module(f"awnas_gym.{room}")
        found += [(room, table, name) for table in vars(module).values() if isinstance(table, Table) for name in table]
    return found


@pytest.mark.parametrize(("room", "table", "name"), rows(), ids=lambda value: getattr(value, "kind", value))
def test_row(room: str, table: Table, name: str) -> None:
    try:
        load_table(name) if table is TABLES else table.load(name)
    except MissingExtraError as error:
        pytest.skip(str(error))
    assert table[name].summary.strip()
    assert "\n" not in table[name].summary
