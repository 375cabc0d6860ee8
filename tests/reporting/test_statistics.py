"""Statistics of runs, against numbers computed by hand, by enumeration and by SciPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from awnas_gym.reporting.statistics import at, best_so_far, bootstrap, curve, incumbents, interval, regret

NAN = float("nan")


def test_best_so_far_and_incumbents_by_hand() -> None:
    rewards = [0.2, 0.5, 0.5, 0.1, 0.7]
    assert best_so_far(rewards).tolist() == [0.2, 0.5, 0.5, 0.5, 0.7]
    assert incumbents(rewards).tolist() == [0, 1, 1, 1, 4]


def test_a_missing_reward_is_never_best() -> None:
    rewards = [NAN, 0.5, NAN, 0.6]
    np.testing.assert_array_equal(best_so_far(rewards), [NAN, 0.5, 0.5, 0.6])
    assert incumbents(rewards).tolist() == [0, 1, 1, 3]


def test_best_so_far_is_what_the_incumbents_earned() -> None:
    rewards = np.random.default_rng(0).choice(np.linspace(0, 1, 7), 200)
    np.testing.assert_array_equal(best_so_far(rewards), rewards[incumbents(rewards)])
    np.testing.assert_array_equal(best_so_far(rewards), np.maximum.accumulate(rewards))


def test_regret_knows_the_direction() -> None:
    np.testing.assert_allclose(regret([0.5, 0.8], 0.8), [0.3, 0.0])
    np.testing.assert_allclose(regret([5.0, 3.0], 3.0, maximise=False), [2.0, 0.0])


def test_a_value_stands_from_its_time_until_the_next() -> None:
    found = at([10.0, 20.0, 35.0], [1.0, 2.0, 3.0], [5.0, 10.0, 19.9, 20.0, 100.0])
    np.testing.assert_array_equal(found, [NAN, 1.0, 1.0, 2.0, 3.0])


def test_bootstrap_agrees_with_every_possible_resample() -> None:
    values = np.array([0.1, 0.4, 0.9, 1.0])
    means = [np.mean(chosen) for chosen in itertools.product(values, repeat=4)]
    low, high = bootstrap(values, np.random.default_rng(0), resamples=200_000)
    np.testing.assert_allclose([low, high], np.quantile(means, [0.025, 0.975]), atol=0.026)  # a step of the lattice


def test_bootstrap_agrees_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(1).normal(size=(20, 3))
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, axis=0).confidence_interval
    low, high = bootstrap(values, np.random.default_rng(0), resamples=20_000)
    np.testing.assert_allclose(low, theirs.low, atol=0.02)
    np.testing.assert_allclose(high, theirs.high, atol=0.02)


@pytest.mark.parametrize(("seeds", "coverage"), [(20, 0.93), (10, 0.90), (5, 0.84)])
def test_bootstrap_covers_the_mean_as_often_as_its_docstring_says(seeds: int, coverage: float) -> None:
    rng = np.random.default_rng(2)
    low, high = bootstrap(rng.normal(size=(seeds, 3000)), rng, resamples=2000)
    assert np.mean((low < 0) & (high > 0)) == pytest.approx(coverage, abs=0.02)


def test_the_same_generator_gives_the_same_interval() -> None:
    values = [0.1, 0.5, 0.7]
    assert interval(values, np.random.default_rng(3)) == interval(values, np.random.default_rng(3))


def test_one_seed_has_no_interval() -> None:
    found = interval([0.5], np.random.default_rng(0))
    assert found.mean == 0.5
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def test_a_curve_lies_where_every_seed_has_values() -> None:
    clocks = [np.array([1.0, 4.0, 9.0]), np.array([2.0, 6.0])]
    found = curve(clocks, [np.array([1.0, 2.0, 3.0]), np.array([5.0, 7.0])], np.random.default_rng(0), whole=False)
    assert (found.x[0], found.x[-1]) == (2.0, 6.0)
    assert (found.mean[0], found.mean[-1]) == (3.0, 4.5)
    assert ((found.low <= found.mean) & (found.mean <= found.high)).all()


def test_a_curve_over_evaluations_has_whole_numbers() -> None:
    clock = [np.arange(1.0, 6.0)] * 2
    found = curve(clock, [np.arange(5.0), np.arange(5.0) + 2], np.random.default_rng(0), whole=True)
    assert found.x.tolist() == [1, 2, 3, 4, 5]
    assert found.mean.tolist() == [1, 2, 3, 4, 5]
