"""One hash for architectures and for the functions they compute."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mix(*values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash columns of integers into one, uint64 `[n]` (the finaliser of splitmix64)."""
    state = np.full(1, 0x9E3779B97F4A7C15, dtype=np.uint64)
    for value in values:
        state = (state ^ value) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(29))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(32))
    return state
