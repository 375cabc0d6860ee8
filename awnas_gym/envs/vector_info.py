"""Infos of many sub-environments in one dictionary, as Gymnasium's vector environments give them.

Beside each key stands `_key`, bool `[sub-environments]`: which of them have it. The others hold zero or None.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

Infos = dict[str, Any]


def put(infos: Infos, key: str, values: NDArray[Any] | Infos, given: NDArray[np.bool_]) -> None:
    """Add a key that is not there yet; both arrays are the caller's to give away, blank where not `given`."""
    if np.count_nonzero(given):  # several times as fast as `any`
        infos[key], infos[f"_{key}"] = values, given


def blank(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return an array of zeros, or of None if it is one of objects."""
    return np.empty(shape, dtype) if dtype.hasobject else np.zeros(shape, dtype)


def spread(values: NDArray[Any], at: NDArray[np.int64] | slice, n: int) -> NDArray[Any]:
    """Return `values` at their places among `n`, blank elsewhere; `values` themselves if they fill all."""
    if isinstance(at, slice):
        return values
    whole = blank((n, *values.shape[1:]), values.dtype)
    whole[at] = values
    return whole


def repeat(value: object, n: int) -> NDArray[Any]:
    """Return `value` `n` times: numbers in an array of numbers, anything else in one of objects."""
    return _repeated(value, n).copy()


@functools.lru_cache(maxsize=64, typed=True)
def _repeated(value: object, n: int) -> NDArray[Any]:
    return np.full(n, value, dtype=type(value) if isinstance(value, (bool, int, float)) else object)


def select(infos: Infos, lanes: NDArray[np.bool_]) -> Infos:
    """Return what `infos` say of some sub-environments; of all of them, `infos` themselves."""
    found: Infos = {}
    if (count := np.count_nonzero(lanes)) in {0, len(lanes)}:
        return infos if count else found
    for key, values in infos.items():
        if key.startswith("_"):
            continue
        given = infos[f"_{key}"] & lanes
        if isinstance(values, dict):
            put(found, key, select(values, lanes), given)
        else:
            chosen = blank(values.shape, values.dtype)
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
