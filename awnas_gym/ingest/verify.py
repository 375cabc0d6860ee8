"""`awnas data verify`: whether a table is what was written, and whether its card says what its columns do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from awnas_gym.benchmarks import TableFile
from awnas_gym.benchmarks.listing import listing_columns
from awnas_gym.benchmarks.store import verify_table
from awnas_gym.errors import TableFileError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest.official.imported import counts
from awnas_gym.pack import reference_scores

VOLUME = "multi_objective.hypervolume"
"""Worked out where moocore is installed."""


def check_table(path: Path) -> TableEvaluator:
    """Return the evaluator of a table after a look at everything in it.

    Checked are: the checksum of each column; that they fit each other and the space; that the index finds each listed
    architecture; and that what the card says of classes, counts and scores follows from the columns.

    Raises:
        MissingDataError: no such file.
        TableFileError: says what is wrong.
    """
    table = verify_table(path)
    evaluator = TableEvaluator(table)
    found = reference_scores(evaluator)
    if "archs" in table.columns:
        found["classes"] = _check_listing(evaluator)
    if "counts" in table.card:
        found["counts"] = _counts(table)
    said = dict(_leaves({key: value for key, value in table.card.items() if key in found}))
    follows = dict(_leaves(found))
    for name in {**said, **{name: None for name in follows if name.startswith("counts.")}}:
        if not _same(said.get(name), follows.get(name)) and (name != VOLUME or name in follows):
            raise TableFileError(
                f"{path}: {name} is {said.get(name)!r} in the card; from the columns follows {follows.get(name)!r}"
            )
    return evaluator


def _check_listing(evaluator: TableEvaluator) -> int:
    """Return how many classes a table lists; `TableFileError` if its index is not that of its architectures."""
    columns = evaluator.table.columns
    listed, classes = listing_columns(evaluator.space, columns["archs"].values)
    for name, column in listed.items():
        if not np.array_equal(column.values, columns[name].values):
            raise TableFileError(f"{evaluator.table.path}: {name} does not fit the architectures; import it again")
    return classes


def _counts(table: TableFile) -> dict[str, Any]:
    try:
        return counts(table.columns, table.card)
    except (LookupError, TypeError, ValueError) as error:
        raise TableFileError(f"{table.path}: the card has counts that cannot be worked out: {error!r}") from error


def _leaves(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield the numbers and texts within mappings and lists, under names like `counts.trainings.108.3`."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        yield name, value
        return
    for key, part in parts:
        yield from _leaves(part, f"{name}.{key}" if name else str(key))


def _same(said: object, found: object) -> bool:
    if isinstance(said, float) and isinstance(found, float):
        return math.isclose(said, found, rel_tol=1e-9)  # sums may be ordered otherwise in another version of NumPy
    return type(said) is type(found) and said == found
