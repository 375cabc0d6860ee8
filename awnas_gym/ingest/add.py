"""`awnas data add`: a user's file becomes a table that environments open by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from awnas_gym.benchmarks import TABLES, TableFile, own_table_path, own_tables, write_table
from awnas_gym.benchmarks.listing import listing_columns
from awnas_gym.checks import check_whole
from awnas_gym.errors import RunFolderError, SettingError, UnknownNameError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest.arrange import Arranged
from awnas_gym.ingest.files import Columns, read_columns
from awnas_gym.ingest.naming import SPLIT, find_sources
from awnas_gym.ingest.values import find_genotypes, read_archs
from awnas_gym.pack import reference_scores
from awnas_gym.spaces import AbstractSpace


def add_table(
    file: Path | Columns,
    *,
    name: str,
    space: AbstractSpace,
    genotypes: str | None = None,
    metrics: Iterable[str] = (),
    epochs: int = 1,
    card: Mapping[str, Any] | None = None,
    replace: bool = False,
) -> Path:
    """Keep a table under a name, for `gym.make("awnas/Table-v0", table=name)`.

    Args:
        file: CSV, TSV, Parquet or NPZ, or its columns: name -> values `[rows]`, architectures also `[rows, decisions]`.
        name: letters, digits, `-` and `_`.
        space: of the architectures.
        genotypes: the column of architectures; by default the first called arch, genotype, architecture, archs, index.
        metrics: `METRIC[@EPOCHS][#TRIAL]=COLUMN[/DIVISOR]`, e.g. `test_accuracy@200=cifar10_test_200/100`; without
            any, each column is taken whose own name has the form `METRIC[@EPOCHS][#TRIAL]`. Columns `epoch`, `trial`
            and `split` say what the metrics of a line are of.
        epochs: the fidelity of columns that say none.
        card: what else a reader must know: `title`, `licence`, …
        replace: whether a table of that name gives way.

    Returns:
        The file that was written.

    Raises:
        SettingError: the name, a mapping or a setting is wrong, or the name is taken.
        TableFileError: the file holds what cannot be: an illegal architecture, two numbers for one thing, text among
            numbers, an accuracy of 93. Nothing is written then.
    """
    target = own_table_path(name)
    if name in TABLES:
        raise SettingError(f"{name} is a table that ships; choose another name")
    if target.exists() and not replace:
        raise SettingError(f"{name} exists already; replace it (--replace), or choose another name")
    check_whole("epochs", epochs, low=1)
    columns = read_columns(file) if isinstance(file, Path) else dict(file)
    column = find_genotypes(list(columns), genotypes)
    sources = find_sources([each for each in columns if each != column], metrics, splits=SPLIT in columns)
    archs = read_archs(space, column, columns[column])
    _, first, row = np.unique(space.fingerprint(archs), return_index=True, return_inverse=True)
    order = np.argsort(first)  # rows in the order of the file
    arranged = Arranged(columns, sources, np.argsort(order)[row.ravel()], epochs=epochs)
    listed, classes = listing_columns(space, archs[first[order]])
    about = {"title": name, "fidelities": arranged.fidelities, "classes": classes, **(card or {})}
    if isinstance(file, Path):
        about["source"] = {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    parts = {"name": space.name, "settings": space.settings}
    table = {**listed, **arranged.metrics}
    about |= reference_scores(TableEvaluator(TableFile(target, parts, about, table, "")))
    write_table(target, space=parts, card=about, columns=table)
    return target


def remove_table(name: str) -> Path:
    """Delete one of the user's tables; return the file that is gone."""
    own = own_tables()
    if name not in own:
        raise UnknownNameError("table of your own", name, own)
    try:
        own[name].unlink()
    except OSError as error:
        raise RunFolderError(f"cannot remove {own[name]}: {error.strerror}") from error
    return own[name]
