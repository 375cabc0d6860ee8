"""Measurements that went wrong: networks that took much more or less than their layers tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_PAIRS = 2000
"""Networks among which all pairs are looked at; of more, so many are."""


def anomalies(sums: NDArray[np.float64], values: NDArray[np.float64], *, tolerance: float = 0.1) -> NDArray[np.bool_]:
    """Return which networks are off by more than a share of what a line through the sums of their layers says.

    The line is that of Theil and Sen [Sen, JASA 1968], the median of all slopes: up to 29 % of wrong networks do not
    move it far. (aw_nas's `remove_anomaly` compares runs of one network with each other; of rounds, the least counts.)

    Args:
        sums: of the layers, float64 `[n]`.
        values: that were measured, float64 `[n]`, larger than 0.
        tolerance: the share.

    Returns:
        bool `[n]`.
    """
    some = np.random.default_rng(0).permutation(len(sums))[:MOST_PAIRS]
    x, y = sums[some], values[some]
    first, second = np.triu_indices(len(some), 1)
    run = x[second] - x[first]
    there = run != 0
    slope = float(np.median((y[second] - y[first])[there] / run[there])) if there.any() else 0.0
    expected = np.median(values - slope * sums) + slope * sums
    wrong: NDArray[np.bool_] = np.abs(values - expected) > tolerance * np.abs(expected)
    return wrong
