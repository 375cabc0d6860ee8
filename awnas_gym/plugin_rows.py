"""What a plugin says: the rows in its `ROWS`, checked and added to their tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import final

from awnas_gym.config import brief, check_keys
from awnas_gym.errors import AwnasError, PluginError, SettingError, in_one_line
from awnas_gym.tables import KINDS, Row

_TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_NAME = re.compile(r"[a-z0-9][\w-]*", re.ASCII | re.IGNORECASE)
_ID = re.compile(r"[\w-]+/[\w.-]+-v\d+", re.ASCII)


@final
@dataclass(frozen=True, slots=True)
class Plugin:
    """What was found from outside.

    Attributes:
        name: of the file, or of the distribution and its entry point.
        rows: (kind, name) of those it added.
        problems: why the others were skipped.
    """

    name: str
    rows: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]


def add_rows(name: str, load: Callable[[], object]) -> Plugin:
    """Import a plugin by `load` and add its rows to their tables; whatever is wrong with it stays with it."""
    try:
        rows = list(_read(load()))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code
        return Plugin(name, (), (str(error) if isinstance(error, AwnasError) else in_one_line(error),))
    added, problems = [], []
    for kind, row_name, row in rows:
        try:
            KINDS.load(kind).add(row_name, replace(row, plugin=name))
            added.append((kind, row_name))
        except SettingError as error:
            problems.append(str(error))
    return Plugin(name, tuple(added), tuple(problems))


def _read(plugin: object) -> Iterator[tuple[str, str, Row]]:
    """Return (kind, name, row) of everything that a plugin adds.

    Args:
        plugin: a module with `ROWS`, or such a mapping itself.

    Raises:
        PluginError: there is no `ROWS`, or a name or a row in it is none.
        SettingError: it is no mapping, or has an unknown kind.
    """
    try:
        given = plugin.ROWS if isinstance(plugin, ModuleType) else plugin
    except AttributeError as error:
        wanted = "ROWS = {kind: {name: Row(target, summary)}}, in a module that nobody imports before awnas_gym"
        raise PluginError(f"{error}; a plugin holds {wanted}") from error
    kinds: dict[str, type | tuple[type, ...]] = dict.fromkeys(KINDS, dict)
    for kind, rows in check_keys(given, where="ROWS", required={}, optional=kinds).items():
        for name, row in rows.items():
            _check_name(kind, name)
            _check_row(f"ROWS[{kind!r}][{name!r}]", row)
            yield kind, name, row


def _check_name(kind: str, name: object) -> None:
    form, legal = (_ID, "namespace/Name-v0") if kind == "environment" else (_NAME, "letters, digits, - and _")
    if not isinstance(name, str) or not form.fullmatch(name):
        raise PluginError(f"ROWS[{kind!r}]: {brief(name)} is no name of a kind {kind}; legal: {legal}")


def _check_row(where: str, row: object) -> None:
    if not isinstance(row, Row):
        raise PluginError(f"{where} is {brief(row)}; it should be Row(target, summary)")
    if not isinstance(row.target, str) or not _TARGET.fullmatch(row.target):
        raise PluginError(f"{where}: the target is {brief(row.target)}; it should be 'module:attribute'")
    if not isinstance(row.summary, str) or len(row.summary.splitlines()) != 1:
        raise PluginError(f"{where}: the summary is {brief(row.summary)}; it should be one line of text")
    if row.extra is not None and not isinstance(row.extra, str):
        raise PluginError(f"{where}: the extra is {brief(row.extra)}; it should be a name or None")
