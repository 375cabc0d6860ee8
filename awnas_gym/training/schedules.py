"""Learning rates over time."""

from __future__ import annotations

import math


def cosine(progress: float, *, high: float, low: float = 0.0) -> float:
    """Return half a cosine from `high` at progress 0 to `low` at 1 [Loshchilov & Hutter, ICLR 2017]."""
    return low + (high - low) * (1 + math.cos(math.pi * progress)) / 2


def cosine_with_restarts(epoch: float, *, high: float, low: float, first: float, factor: float = 2.0) -> float:
    """Return the learning rate at an epoch of cosines that begin anew, each `factor` times as long as the one before.

    Args:
        epoch: from 0, with its fraction.
        high: at each beginning.
        low: at each end.
        first: epochs of the first cosine.
        factor: 1 or more.
    """
    length = first
    while epoch >= length:
        epoch -= length
        length *= factor
    return cosine(epoch / length, high=high, low=low)
