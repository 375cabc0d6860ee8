"""Statistics over seeds and environments, against rliable and against sums written out by hand.

The golden numbers are rliable 1.2.0's (arch 7.2.0, NumPy 2.4.6, in an environment of its own) on the scores X and Y,
one call after the other after `np.random.seed(0)`: `get_interval_estimates` of `aggregate_mean`, `aggregate_iqm` and
`aggregate_optimality_gap` with 20,000 resamples; of `probability_of_improvement` with 3,000;
`create_performance_profile` at TAUS with 20,000. One score of Y equals one of X in the same environment, and one of X
is above 1: both are cases of their own.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from awnas_gym.reporting import aggregates
from awnas_gym.reporting.aggregates import improvement, interquartile_mean, mean, optimality_gap, performance_profile

X = np.array(
    [
        *([0.817, 0.736, 0.893], [0.602, 0.909, 0.902], [0.989, 0.948, 0.894], [0.774, 0.849, 1.2]),
        *([0.687, 0.912, 0.886], [0.933, 0.853, 0.804], [0.904, 0.71, 0.949], [0.592, 0.797, 0.565]),
        *([0.476, 0.783, 0.834], [0.95, 0.771, 0.944]),
    ]
)
Y = np.array(
    [
        *([0.602, 0.087, 0.796], [0.441, 0.527, 0.833], [0.601, 0.829, 0.834], [0.769, 0.779, 0.952]),
        *([0.696, 0.843, 0.873], [0.86, 0.638, 0.819], [0.944, 0.567, 0.86], [0.632, 0.837, 0.988]),
        *([0.877, 0.717, 0.738], [0.489, 0.458, 0.721]),
    ]
)
TAUS = [0.5, 0.7, 0.8, 0.9]
RLIABLE = {  # value, low, high
    "mean": {"x": (0.82877, 0.78003, 0.8764), "y": (0.72023, 0.65857, 0.77557)},
    "interquartile_mean": {"x": (0.84888, 0.79793, 0.89056), "y": (0.75519, 0.68975, 0.81)},
    "optimality_gap": {"x": (0.1779, 0.1346, 0.22337), "y": (0.27977, 0.22443, 0.34143)},
}
RLIABLE_IMPROVEMENT = (0.70333, 0.55996, 0.83333)
RLIABLE_PROFILE = {
    "x": ([0.96667, 0.83333, 0.63333, 0.36667], [0.9, 0.7, 0.46667, 0.2], [1.0, 0.93333, 0.8, 0.53333]),
    "y": ([0.86667, 0.63333, 0.43333, 0.1], [0.73333, 0.5, 0.26667, 0.0], [0.96667, 0.76667, 0.6, 0.2]),
}
DRAWN = 0.006
"""Two sets of 4,000 and 20,000 resamples differ by less in the ends of their intervals."""


@pytest.mark.parametrize("statistic", RLIABLE)
@pytest.mark.parametrize(("name", "scores"), [("x", X), ("y", Y)])
def test_aggregates_are_those_of_rliable(statistic: str, name: str, scores: np.ndarray) -> None:
    found = getattr(aggregates, statistic)(scores, np.random.default_rng(0))
    value, low, high = RLIABLE[statistic][name]
    assert found.mean == pytest.approx(value, abs=1e-5)
    assert (found.low, found.high) == pytest.approx((low, high), abs=DRAWN)


def test_probability_of_improvement_is_that_of_rliable() -> None:
    value, low, high = RLIABLE_IMPROVEMENT
    found = improvement(X, Y, np.random.default_rng(0))
    assert found.mean == pytest.approx(value, abs=1e-5)
    assert (found.low, found.high) == pytest.approx((low, high), abs=2 * DRAWN)
    back = improvement(Y, X, np.random.default_rng(0))
    assert back.mean == pytest.approx(1 - value, abs=1e-5)


@pytest.mark.parametrize(("name", "scores"), [("x", X), ("y", Y)])
def test_performance_profile_is_that_of_rliable(name: str, scores: np.ndarray) -> None:
    found = performance_profile(scores, TAUS, np.random.default_rng(0))
    for own, theirs, within in zip(
        (found.mean, found.low, found.high), RLIABLE_PROFILE[name], (1e-5, 0.034, 0.034), strict=True
    ):
        np.testing.assert_allclose(own, theirs, atol=within)  # an end is one of thirty steps


def test_interquartile_mean_by_hand_and_by_scipy() -> None:
    scores = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 60.0]])  # six scores: one is cut at each end
    assert interquartile_mean(scores, np.random.default_rng(0)).mean == (2 + 3 + 4 + 5) / 4
    stats = pytest.importorskip("scipy.stats")
    for scores in (X, Y, X[:1], X[:5]):
        own = interquartile_mean(scores, np.random.default_rng(0)).mean
        assert own == pytest.approx(stats.trim_mean(scores, 0.25, axis=None))


def test_seeds_are_resampled_within_each_environment() -> None:
    """Environments that differ, seeds that do not: nothing is uncertain, where a pooled bootstrap would have a band."""
    scores = np.array([[0.1, 0.9]] * 6)
    for statistic in (mean, interquartile_mean, optimality_gap):
        found = statistic(scores, np.random.default_rng(0))
        assert found.low == pytest.approx(found.mean)
        assert found.high == pytest.approx(found.mean)


def test_interquartile_means_of_resamples_are_those_of_the_resamples_written_out() -> None:
    counts = aggregates.resample((4, 2), np.random.default_rng(5))
    assert (counts.sum(axis=1) == 4).all()
    scores = X[:4, :2]
    written = [np.repeat(scores.ravel(), count.ravel()) for count in counts]
    middle = [np.sort(each)[2:6].mean() for each in written]
    found = interquartile_mean(scores, np.random.default_rng(5))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(middle, [0.025, 0.975])))


def test_probability_of_improvement_counts_pairs() -> None:
    ours, theirs = X[:4], Y[:3]
    pairs = [
        (a > b) + (a == b) / 2
        for e in range(3)
        for a, b in itertools.product(ours[:, e].tolist(), theirs[:, e].tolist())
    ]
    assert improvement(ours, theirs, np.random.default_rng(0)).mean == pytest.approx(np.mean(pairs))
    assert improvement(ours, ours, np.random.default_rng(0)).mean == 0.5


def test_a_score_above_the_best_closes_no_gap_of_another() -> None:
    assert optimality_gap([[1.5, 0.5]], np.random.default_rng(0)).mean == 0.25


def test_one_seed_has_no_interval() -> None:
    rng = np.random.default_rng(0)
    for found in (
        mean(X[:1], rng),
        interquartile_mean(X[:1], rng),
        optimality_gap(X[:1], rng),
        improvement(X[:1], Y, rng),
    ):
        assert np.isfinite(found.mean)
        assert np.isnan([found.low, found.high]).all()
    assert np.isnan(performance_profile(X[:1], TAUS, rng).low).all()


def test_the_same_generator_gives_the_same_intervals() -> None:
    assert interquartile_mean(X, np.random.default_rng(1)) == interquartile_mean(X, np.random.default_rng(1))
