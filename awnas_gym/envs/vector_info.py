"""Infos of many sub-environments in one dictionary, as Gymnasium's vector environments give them.

Beside each key stands `_key`, bool `[sub-environments]`: which of them have it. The others hold zero or None.
"""

from __future__ import annotations

import math
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.spaces import AbstractSpace, Archs

Infos = dict[str, Any]

LARGEST_ARRAY = 2**20
"""Spaces with up to that many decision tuples keep the names they met in an array, larger ones in a dictionary."""


def put(infos: Infos, key: str, values: NDArray[Any] | Infos, given: NDArray[np.bool_]) -> None:
    """Add a key that is not there yet; both arrays are the caller's to give away, blank where not `given`."""
    if given.any():
        infos[key], infos[f"_{key}"] = values, given


def blank(values: NDArray[Any]) -> NDArray[Any]:
    """Return zeros or None in the form of `values`."""
    return np.empty(values.shape, dtype=object) if values.dtype == object else np.zeros_like(values)


def spread(values: NDArray[Any], at: NDArray[np.int64] | slice, n: int) -> NDArray[Any]:
    """Return `values` at their places among `n`, blank elsewhere; `values` themselves if they fill all."""
    if isinstance(at, slice):
        return values
    whole = blank(np.broadcast_to(values[:1], (n, *values.shape[1:])))
    whole[at] = values
    return whole


def repeat(value: object, n: int) -> NDArray[Any]:
    """Return `value` `n` times: numbers in an array of numbers, anything else in one of objects."""
    return np.array([value], dtype=type(value) if isinstance(value, (bool, int, float)) else object).repeat(n)


def select(infos: Infos, lanes: NDArray[np.bool_]) -> Infos:
    """Return what `infos` say of some sub-environments; of all of them, `infos` themselves."""
    if lanes.all():
        return infos
    found: Infos = {}
    for key, values in infos.items():
        if key.startswith("_"):
            continue
        given = infos[f"_{key}"] & lanes
        if isinstance(values, dict):
            put(found, key, select(values, lanes), given)
        else:
            chosen = blank(values)
            chosen[given] = values[given]
            put(found, key, chosen, given)
    return found


def merge(infos: Infos, more: Infos) -> None:
    """Add to `infos` what `more` says of other sub-environments."""
    for key, values in more.items():
        if key.startswith("_"):
            continue
        given = more[f"_{key}"]
        if key not in infos:
            infos[key], infos[f"_{key}"] = values, given
            continue
        if isinstance(values, dict):
            merge(infos[key], values)
        else:
            if infos[key].dtype != values.dtype:  # trial "mean" beside trial 0
                infos[key] = np.where(infos[f"_{key}"], infos[key], None)
            infos[key][given] = values[given]
        infos[f"_{key}"] |= given


@final
class Names:
    """Genotype and key of each architecture, worked out once: agents come back to the same ones."""

    def __init__(self, space: AbstractSpace) -> None:
        self.space = space
        self._known: dict[bytes, tuple[str, str]] = {}
        size = math.prod(space.cardinalities)
        self._table: NDArray[np.object_] | None = (
            np.empty((2, size), dtype=object) if size <= LARGEST_ARRAY else None  # filled with None
        )
        self._is_known = np.zeros(size if self._table is not None else 0, dtype=np.bool_)

    def __call__(self, rows: Archs) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """Return genotypes and keys of `rows`, int `[batch, decisions]`, each object `[batch]`."""
        if self._table is None:
            pairs = np.empty((2, len(rows)), dtype=object)
            pairs[:] = [*zip(*(self._pair(row) for row in rows), strict=True)]
            return pairs[0], pairs[1]
        index = self.space.index(rows)
        if not self._is_known[index].all():
            for i in np.unique(index[~self._is_known[index]]).tolist():
                row = self.space.unindex([i])[0]
                self._table[:, i] = self.space.genotype(row), self.space.key(row)
                self._is_known[i] = True
        return self._table[0].take(index), self._table[1].take(index)

    def _pair(self, row: Archs) -> tuple[str, str]:
        """Return genotype and key of one row."""
        name = row.tobytes()
        if name not in self._known:
            self._known[name] = (self.space.genotype(row), self.space.key(row))
        return self._known[name]
