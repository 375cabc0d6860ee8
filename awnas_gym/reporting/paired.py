"""Tests of two agents that played with the same seeds, and Holm's correction for many of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.reporting.statistics import Floats

ALPHA = 0.05
"""Probability of one wrong claim or more in a family of comparisons."""

MOST_EXACT = 30
"""Seeds up to which all sign flips are counted; beyond, `FLIPS` are drawn."""

FLIPS = 100_000

TIE = 1e-12
"""Sums that differ by less than this share of the whole are equal: rounding must not decide."""


def sign_flip(differences: ArrayLike, rng: np.random.Generator) -> float:
    """Return the two-sided p-value of paired differences: Fisher's randomisation test of their mean.

    If two agents are alike, each difference has either sign with the same odds; the p-value is the share of all
    assignments of signs whose mean is as far from 0 as the observed one [Fisher, The Design of Experiments, 1935,
    section 21]. It assumes no distribution. Up to `MOST_EXACT` differences that are not 0 it is exact; beyond, an
    estimate of `FLIPS` drawn assignments that counts the observed one too [Phipson & Smyth 2010].

    Args:
        differences: one a seed, `[seeds]`, finite.
        rng: consumed where signs are drawn.
    """
    given = np.abs(np.asarray(differences, dtype=np.float64))
    observed = abs(float(np.sum(differences)))
    moved = given[given > 0]
    reach = observed - TIE * float(moved.sum())
    if reach <= 0:
        return 1.0
    if len(moved) > MOST_EXACT:
        signs = rng.integers(0, 2, size=(FLIPS, len(moved)), dtype=np.int8) * 2 - 1
        return float((1 + np.count_nonzero(np.abs(signs @ moved) >= reach)) / (1 + FLIPS))
    first, second = _sums(moved[::2]), np.sort(_sums(moved[1::2]))  # every sum is one of the first plus one of these
    above = len(second) - np.searchsorted(second, reach - first, side="left")
    below = np.searchsorted(second, -reach - first, side="right")
    return float((above + below).sum() / (len(first) * len(second)))


def _sums(values: Floats) -> Floats:
    """Return the sums for all assignments of signs, `[2 ** len(values)]`."""
    sums = np.zeros(1)
    for value in values.tolist():
        sums = np.concatenate([sums - value, sums + value])
    return sums


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that hold for all comparisons together, in the same order [Holm 1979].

    A comparison is claimed where its adjusted value is below `ALPHA`.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    factors = np.arange(len(given), 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(np.maximum.accumulate(given[order] * factors), 1.0)
    values: list[float] = adjusted.tolist()
    return values
