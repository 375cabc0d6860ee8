"""Best-so-far curves, regret, and bootstrap intervals over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEVEL = 0.95
RESAMPLES = 4000
POINTS = 300
"""Most points of a curve: more than a screen shows."""


@final
@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over seeds and its bootstrap interval; `low` and `high` are NaN for a single seed."""

    mean: float
    low: float
    high: float


@final
@dataclass(frozen=True, slots=True)
class Curve:
    """A mean over seeds at each `x`, and its interval there; all `[points]`."""

    x: Floats
    mean: Floats
    low: Floats
    high: Floats


def incumbents(rewards: ArrayLike) -> NDArray[np.int64]:
    """Return which evaluation is the best so far after each one, int64 `[n]`: the earliest of equal ones.

    >>> incumbents([1.0, 3.0, 2.0, 3.0, 4.0]).tolist()
    [0, 1, 1, 1, 4]
    """
    given = np.asarray(rewards, dtype=np.float64)
    values = np.where(np.isnan(given), -np.inf, given)
    best = np.maximum.accumulate(values)
    better = np.concatenate([[True], best[1:] > best[:-1]])
    return np.maximum.accumulate(np.where(better, np.arange(len(values)), 0))


def best_so_far(rewards: ArrayLike) -> Floats:
    """Return the highest reward up to each evaluation, `[n]`; NaN counts as none.

    >>> best_so_far([1.0, 3.0, 2.0]).tolist()
    [1.0, 3.0, 3.0]
    """
    return np.fmax.accumulate(np.asarray(rewards, dtype=np.float64))


def regret(values: ArrayLike, best: float, *, maximise: bool = True) -> Floats:
    """Return how much `values` fall short of `best`, same shape; negative where they exceed it."""
    gap = best - np.asarray(values, dtype=np.float64)
    return gap if maximise else -gap


def at(clock: ArrayLike, values: ArrayLike, grid: ArrayLike) -> Floats:
    """Return the value that stood at each time of `grid`, `[points]`; NaN before the first.

    `values[i]` stands from `clock[i]` (inclusive) until `clock[i + 1]`.
    """
    last = np.searchsorted(np.asarray(clock), np.asarray(grid), side="right") - 1
    return np.where(last >= 0, np.asarray(values, dtype=np.float64)[last], np.nan)


def bootstrap(samples: ArrayLike, rng: np.random.Generator, *, resamples: int = RESAMPLES) -> tuple[Floats, Floats]:
    """Return the 95 % percentile interval of the mean over axis 0 of `[seeds, ...]`; NaN for one seed.

    With few seeds it is too narrow: on normal samples it covers the mean 93 % of the time with 20 seeds, 90 %
    with 10, 84 % with 5. `rng` is consumed. All columns are resampled together, seed by seed.
    """
    values = np.asarray(samples, dtype=np.float64)
    seeds = len(values)
    if seeds < 2:
        nothing = np.full(values.shape[1:], np.nan)
        return nothing, nothing
    weights = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples) / seeds
    means = np.tensordot(weights, values, axes=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high


def interval(samples: Sequence[float] | Floats, rng: np.random.Generator) -> Interval:
    """Return the mean of one number a seed, with its 95 % bootstrap interval; `rng` is consumed.

    Without an interval where a number is not finite.
    """
    if not np.isfinite(samples).all():
        return Interval(float(np.mean(samples)), math.nan, math.nan)
    low, high = bootstrap(samples, rng)
    return Interval(float(np.mean(samples)), float(low), float(high))


def curve(clocks: Sequence[Floats], values: Sequence[Floats], rng: np.random.Generator, *, whole: bool) -> Curve:
    """Return the mean over seeds of step functions, from where all have begun to where the first one ends.

    Args:
        clocks: a seed, when each of its values begins to stand, ascending.
        values: a seed, its values.
        rng: consumed by the bootstrap.
        whole: the clock counts evaluations, so the grid has whole numbers only.
    """
    start, end = max(float(clock[0]) for clock in clocks), min(float(clock[-1]) for clock in clocks)
    grid = np.linspace(min(start, end), end, POINTS)
    if whole:
        grid = np.unique(np.round(grid))
    rows = np.stack([at(clock, value, grid) for clock, value in zip(clocks, values, strict=True)])
    new, place = steps(rows)
    low, high = bootstrap(rows[:, new], rng)
    return Curve(grid, rows.mean(axis=0), low[place], high[place])


def steps(rows: Floats) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return where any of `rows`, `[rows, points]`, takes another value, and which of those stands at each point.

    Step functions stand still mostly, and what is the same has the same interval.

    >>> new, place = steps(np.array([[1.0, 1.0, 2.0, 2.0]]))
    >>> new.tolist(), place.tolist()
    ([True, False, True, False], [0, 0, 1, 1])
    """
    new = np.ones(rows.shape[1], dtype=np.bool_)
    new[1:] = (rows[:, 1:] != rows[:, :-1]).any(axis=0)
    return new, np.cumsum(new) - 1
