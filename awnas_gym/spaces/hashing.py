"""One hash for architectures and for the functions they compute."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK = 8192  # rows whose columns fit into the processor's cache


def mix(*values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash columns of integers into one, uint64 `[n]` (the finaliser of splitmix64)."""
    state = np.full(1, 0x9E3779B97F4A7C15, dtype=np.uint64)
    for value in values:
        state = (state ^ value) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(29))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(32))
    return state


def fingerprints(rows: NDArray[np.signedinteger[Any]]) -> NDArray[np.uint64]:
    """Hash each row of integers, `[n, columns]`, into one, uint64 `[n]`."""
    found = np.empty(len(rows), dtype=np.uint64)
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        found[part] = mix(*np.ascontiguousarray(rows[part].T).astype(np.uint64))
    return found
