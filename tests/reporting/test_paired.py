"""Tests by seed: against every assignment of signs, against SciPy, and under the null hypothesis."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from awnas_gym.reporting import paired
from awnas_gym.reporting.paired import holm, sign_flip


def enumerated(differences: np.ndarray) -> float:
    signs = np.array(list(itertools.product((-1, 1), repeat=len(differences))))
    means = np.abs((signs * differences).mean(axis=1))
    return float(np.mean(means >= abs(differences.mean()) - 1e-12))


@pytest.mark.parametrize("seeds", [1, 2, 3, 8, 11])
def test_p_values_are_the_share_of_all_assignments_of_signs(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    for shift in (0.0, 0.5, 2.0):
        differences = rng.normal(shift, 1, seeds)
        assert sign_flip(differences, rng) == pytest.approx(enumerated(differences))


@pytest.mark.parametrize(
    ("differences", "p_value"),
    [
        ([1, 1, 1, 1], 2 / 16),
        ([1, -1], 1.0),
        ([0, 0, 0], 1.0),
        ([0, 0, 3], 1.0),
        ([1, 2, 3, -1], 6 / 16),  # 5 or more: all plus, or one of the two ones turned; and the other way round
        ([0.1, 0.2, 0.3, 0.0], 2 / 8),
        ([0.1] * 10, 2 / 1024),
    ],
)
def test_p_values_by_hand(differences: list[float], p_value: float) -> None:
    assert sign_flip(differences, np.random.default_rng(0)) == pytest.approx(p_value)


def test_p_values_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(3)
    differences = rng.normal(0.6, 1, 12)
    theirs = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert sign_flip(differences, rng) == pytest.approx(theirs.pvalue)


def test_drawn_signs_estimate_what_is_counted_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(4).normal(0.4, 1, 24)
    exact = sign_flip(differences, np.random.default_rng(0))
    monkeypatch.setattr(paired, "MOST_EXACT", 5)
    assert sign_flip(differences, np.random.default_rng(0)) == pytest.approx(exact, abs=0.005)
    assert sign_flip(np.ones(24), np.random.default_rng(0)) == pytest.approx(1 / 100_001)


def test_under_the_null_hypothesis_a_p_value_is_below_alpha_as_often_as_alpha_says() -> None:
    rng = np.random.default_rng(5)
    found = [sign_flip(rng.standard_cauchy(10), rng) for _ in range(2000)]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.015)


def test_holm_by_hand() -> None:
    """Ordered .005, .01, .03, .04 times 4, 3, 2, 1 is .02, .03, .06, .04; none may be below the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
