"""Every row of every table of the package names something that exists, and says something about it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import awnas_gym
from awnas_gym.benchmarks import load_table
from awnas_gym.errors import MissingDataError, MissingExtraError
from awnas_gym.hardware import open_device
from awnas_gym.tables import KINDS, Table

BY_NAME = {"table": load_table, "device": open_device}
"""Kinds of which a row may lead to a file."""

ROOT = Path(__file__).resolve().parent.parent


def tables() -> list[tuple[str, Table]]:
    """Return (room, table) of every table that a room of the package holds."""
    rooms = [module.name for module in pkgutil.iter_modules(awnas_gym.__path__) if module.ispkg]
    modules = [(room, importlib.import_module(f"awnas_gym.{room}")) for room in rooms]
    return [(room, table) for room, module in modules for table in vars(module).values() if isinstance(table, Table)]


def rows() -> list[tuple[str, Table, str]]:
    """Return (room, table, name) of every row."""
    return [(room, table, name) for room, table in tables() for name in table]


def test_every_table_takes_plugins_and_is_listed() -> None:
    """`KINDS` has each table of the package under its kind, and the page about plugins says so."""
    found = {table.kind: table for _, table in tables()}
    assert {kind: KINDS.load(kind) for kind in KINDS} == found
    assert all(KINDS.load(kind) is found[kind] for kind in KINDS)
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(KINDS)


@pytest.mark.parametrize(("room", "table", "name"), rows(), ids=lambda value: getattr(value, "kind", value))
def test_row(room: str, table: Table, name: str) -> None:
    try:
        BY_NAME.get(table.kind, table.load)(name)
    except (MissingDataError, MissingExtraError) as error:
        pytest.skip(str(error))
    assert table[name].summary.strip()
    assert "\n" not in table[name].summary
