"""Scores of one agent over seeds and environments: the statistics of rliable, with stratified bootstrap intervals.

Definitions and names are those of Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical
Precipice", NeurIPS 2021, as their package rliable 1.2.0 computes them. Scores are `[seeds, environments]`. A resample
draws seeds with replacement within each environment. All that the statistics need of one is how often it holds each
score, `[resamples, seeds, environments]`, so they work on those counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.reporting.statistics import LEVEL, RESAMPLES, Curve, Floats, Interval, steps

CUT = 0.25
"""Share of the scores that an interquartile mean leaves out at each end."""

GAMMA = 1.0
"""Score that an optimality gap is measured to: the best of the benchmark, where scores are normalised."""

Counts = NDArray[np.int64]


def resample(shape: tuple[int, int], rng: np.random.Generator, *, resamples: int = RESAMPLES) -> Counts:
    """Draw stratified resamples: how often each score is in each, `[resamples, seeds, environments]`.

    Args:
        shape: seeds and environments.
        rng: consumed.
        resamples: how many.
    """
    seeds, environments = shape
    drawn = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=(resamples, environments))
    return drawn.transpose(0, 2, 1)


def mean(scores: ArrayLike, rng: np.random.Generator) -> Interval:
    """Return the mean score."""
    values = np.asarray(scores, dtype=np.float64)
    return _interval(float(values.mean()), _means(values, rng), len(values))


def optimality_gap(scores: ArrayLike, rng: np.random.Generator) -> Interval:
    """Return by how much scores fall short of `GAMMA` on average; a score above it counts as `GAMMA`."""
    values = np.minimum(np.asarray(scores, dtype=np.float64), GAMMA)
    return _interval(GAMMA - float(values.mean()), GAMMA - _means(values, rng), len(values))


def interquartile_mean(scores: ArrayLike, rng: np.random.Generator) -> Interval:
    """Return the mean of the middle half of all scores, whichever environment they are from."""
    values = np.asarray(scores, dtype=np.float64)
    order = np.argsort(values, axis=None)
    ordered, cut = values.ravel()[order], int(CUT * values.size)
    counts = resample(_shape(values), rng).reshape(-1, values.size)[:, order]
    last = np.cumsum(counts, axis=1)  # place of a score's last copy among the sorted ones of a resample, from 1
    kept = np.clip(np.minimum(last, values.size - cut) - np.maximum(last - counts, cut), 0, None)
    return _interval(
        float(ordered[cut : values.size - cut].mean()), kept @ ordered / (values.size - 2 * cut), len(values)
    )


def performance_profile(scores: ArrayLike, thresholds: ArrayLike, rng: np.random.Generator) -> Curve:
    """Return the share of all scores above each threshold, `[thresholds]`.

    It is the "score distribution" of the paper; where one agent's lies above another's, its scores are larger
    stochastically.
    """
    values, limits = np.asarray(scores, dtype=np.float64), np.asarray(thresholds, dtype=np.float64)
    return stratified_curve(limits, values[:, :, None] > limits, rng)


def stratified_curve(x: Floats, values: ArrayLike, rng: np.random.Generator) -> Curve:
    """Return the mean over seeds and environments of curves, `[seeds, environments, points]`, with its band."""
    rows = np.asarray(values, dtype=np.float64)
    new, place = steps(rows.reshape(-1, rows.shape[2]))
    low, high = _ends(_means(rows[:, :, new], rng), len(rows))
    return Curve(x, rows.mean(axis=(0, 1)), low[place], high[place])


def improvement(scores: ArrayLike, others: ArrayLike, rng: np.random.Generator) -> Interval:
    """Return how probable it is that a score is larger than another agent's on the same environment.

    The mean over environments of the share of all pairs of their seeds; equal scores count as one half (the statistic
    of Mann and Whitney). Seeds of the two agents are resampled apart.

    Args:
        scores: `[seeds, environments]`.
        others: of the other agent, `[other seeds, environments]`.
        rng: consumed.
    """
    ours, theirs = np.asarray(scores, dtype=np.float64), np.asarray(others, dtype=np.float64)
    environments = ours.shape[1]
    wins = (np.sign(ours[:, None] - theirs[None]) + 1) / 2  # [seeds, other seeds, environments]
    our, their = resample(_shape(ours), rng), resample(_shape(theirs), rng)
    resampled = np.zeros(RESAMPLES)
    for e in range(environments):
        resampled += ((our[:, :, e] @ wins[:, :, e]) * their[:, :, e]).sum(axis=1)
    seeds = min(len(ours), len(theirs))
    return _interval(float(wins.mean()), resampled / (len(ours) * len(theirs) * environments), seeds)


def _means(values: Floats, rng: np.random.Generator) -> Floats:
    """Return the mean of each resample, `[resamples, ...]`, of `[seeds, environments, ...]`."""
    means: Floats = np.tensordot(resample(_shape(values), rng), values, axes=2) / (len(values) * values.shape[1])
    return means


def _shape(values: Floats) -> tuple[int, int]:
    return values.shape[0], values.shape[1]


def _interval(value: float, resampled: Floats, seeds: int) -> Interval:
    low, high = _ends(resampled, seeds)
    return Interval(value, float(low), float(high))


def _ends(resampled: Floats, seeds: int) -> tuple[Floats, Floats]:
    """Return the ends of percentile intervals, `[...]` of `[resamples, ...]`; NaN for one seed."""
    if seeds < 2:
        nothing = np.full(resampled.shape[1:], np.nan)
        return nothing, nothing
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high
