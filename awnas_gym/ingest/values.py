"""Architectures and numbers out of columns, checked value by value."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import AwnasError, GenotypeError, IllegalArchitectureError, SettingError, TableFileError
from awnas_gym.ingest.naming import GENOTYPES
from awnas_gym.metrics import metric_info
from awnas_gym.spaces import AbstractSpace, Archs

EMPTY = frozenset({"", "nan", "NaN", "NA", "N/A", "null", "None"})
"""Texts that say nothing is recorded."""


def find_genotypes(names: list[str], given: str | None) -> str:
    """Return the column of architectures: `given`, or the first of `GENOTYPES`."""
    if given is not None and given not in names:
        raise SettingError(f"no column {given!r} of architectures; the columns are {', '.join(names)}")
    for name in [given] if given else GENOTYPES:
        if name in names:
            return name
    raise SettingError(
        f"no column of architectures: none is called {', '.join(GENOTYPES)}; the columns are {', '.join(names)}"
    )


def read_archs(space: AbstractSpace, name: str, values: NDArray[Any]) -> Archs:
    """Return the architectures of a column, int `[rows, decisions]`.

    Args:
        space: of the architectures.
        name: of the column; `index` holds numbers of architectures as the space counts them.
        values: genotypes `[rows]`, numbers `[rows]`, or decisions `[rows, decisions]`.

    Raises:
        TableFileError: names the first row that is none.
    """
    if values.ndim == 2:
        return _named_rows(space, name, values)
    if values.dtype.kind in "iu" or name == "index":
        try:
            return space.unindex([int(value) for value in values])
        except (IllegalArchitectureError, SettingError, ValueError, TypeError, OverflowError) as error:
            raise TableFileError(f"column {name}: {error}") from error
    parse = functools.cache(space.parse)
    archs = np.empty((len(values), len(space.cardinalities)), dtype=space.dtype)
    for i, value in enumerate(values):
        if not isinstance(value, str) or not value.strip():
            raise TableFileError(f"row {i}: {value!r} in column {name} is no {space.name} architecture")
        try:
            archs[i] = parse(value)
        except (GenotypeError, IllegalArchitectureError) as error:
            raise TableFileError(f"row {i}: {error}") from error
    return archs


def _named_rows(space: AbstractSpace, name: str, values: NDArray[Any]) -> Archs:
    try:
        return space.check(values)
    except AwnasError as error:
        for i, row in enumerate(values):
            try:
                space.check(row)
            except AwnasError as wrong:
                raise TableFileError(f"row {i} of column {name}: {wrong}") from wrong
        raise TableFileError(f"column {name}: {error}") from error


def read_numbers(name: str, values: NDArray[Any]) -> NDArray[np.float64]:
    """Return a column of numbers, float64 `[rows]`; `nan` where nothing is recorded.

    Raises:
        TableFileError: names the first row that holds something else.
    """
    if values.ndim == 1 and values.dtype.kind in "iuf":
        numbers = values.astype(np.float64)
    elif values.ndim == 1 and values.dtype.kind in "OUS":
        numbers = np.array([_number(name, i, value) for i, value in enumerate(values.tolist())])
    else:
        raise TableFileError(
            f"column {name} holds {values.dtype} of shape {list(values.shape)}; one number a row is legal"
        )
    if np.isinf(numbers).any():
        raise TableFileError(f"row {int(np.isinf(numbers).argmax())}: column {name} holds an infinite number")
    return numbers


def _number(name: str, i: int, value: object) -> float:
    if value is None or (isinstance(value, str) and value.strip() in EMPTY):
        return float("nan")
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise TableFileError(f"row {i}: {str(value)[:60]!r} in column {name} is no number")


def read_whole(name: str, values: NDArray[Any]) -> NDArray[np.int64]:
    """Return a column of whole numbers from 0, int64 `[rows]`."""
    numbers = read_numbers(name, values)
    wrong = ~((numbers >= 0) & (numbers < 2**31) & (numbers == np.floor(numbers)))
    if wrong.any():
        i = int(wrong.argmax())
        raise TableFileError(f"row {i}: {values[i]!r} in column {name}; a whole number from 0 is legal")
    return numbers.astype(np.int64)


def check_values(metric: str, values: NDArray[np.float64]) -> None:
    """Raise `TableFileError` for numbers that a metric cannot have."""
    info = metric_info(metric)
    known = values[np.isfinite(values)]
    if not len(known):
        raise TableFileError(f"{metric} holds no number")
    if info.unit == "fraction" and (known.min() < 0 or known.max() > 1):
        raise TableFileError(
            f"{metric} is a fraction in [0, 1]; the file holds {known.min():g} … {known.max():g}. "
            f"If it is in percent, divide: {metric}=COLUMN/100"
        )
    if info.unit != "nats" and known.min() < 0:
        raise TableFileError(f"{metric} ({info.unit or 'a number'}) is 0 or more; the file holds {known.min():g}")
