"""From an official file to the user's tables: what can be checked beforehand is, and each table is written whole."""

from __future__ import annotations

import inspect
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from awnas_gym.benchmarks import own_table_path, own_tables
from awnas_gym.errors import SettingError
from awnas_gym.ingest.official import IMPORTERS
from awnas_gym.ingest.official.imported import Bar, no_bar
from awnas_gym.ingest.official.importer import Importer
from awnas_gym.ingest.official.source import describe_source


def import_tables(
    name: str, path: Path, *, replace: bool = False, bar: Bar = no_bar, **options: object
) -> dict[str, Path]:
    """Make tables of an official file, for `gym.make("awnas/Table-v0", table=…)`.

    Args:
        name: a row of `IMPORTERS`.
        path: of the file, or the folder.
        replace: whether tables of the same names give way.
        bar: makes progress bars.
        **options: what the importer takes besides, `workers` and `partial`.

    Returns:
        The file of each table, by its name.

    Raises:
        UnknownNameError: no such importer.
        SettingError: a table of that name exists, or the importer takes no such option; nothing was read then.
        MissingDataError: the file, or a part of it, is missing.
        TableFileError: the file is damaged, or is not what the importer reads; nothing is written then.
    """
    importer: Importer[Any] = IMPORTERS.load(name)
    _check_options(name, importer, options)
    _check_free(importer.tables, replace=replace)
    source = describe_source(path, bar)
    with bar(name, importer.unit) as progress:
        tables = importer(path, progress=progress, **options)
    for table in tables:
        if table.name not in importer.tables:
            raise SettingError(f"{name} returned a table {table.name}; it announced {', '.join(importer.tables)}")
    return {table.name: changed(table, card={**table.card, "source": source}).write() for table in tables}


def _check_options(name: str, importer: Importer[Any], options: dict[str, object]) -> None:
    taken = inspect.signature(importer.read).parameters
    wrong = [option for option in options if option not in taken]
    if wrong:
        takers = [each for each in IMPORTERS if wrong[0] in inspect.signature(IMPORTERS.load(each).read).parameters]
        raise SettingError(f"{name} takes no --{wrong[0]}; importers that do: {', '.join(takers) or 'none'}")


def _check_free(names: tuple[str, ...], *, replace: bool) -> None:
    for each in names:
        own_table_path(each)  # which says what is wrong with a name
    taken = [each for each in names if each in own_tables()]
    if taken and not replace:
        raise SettingError(f"already there: {', '.join(taken)}; replace them with --replace, or remove them first")
