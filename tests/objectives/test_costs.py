"""Scores against costs: numbers by hand."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.objectives import make_objective
from awnas_gym.objectives.accuracy import Accuracy
from awnas_gym.objectives.normalised import Normalised

METRICS = {
    "valid_accuracy": np.array([0.8, 0.8, 0.8, np.nan, 0.5]),
    "valid_loss": np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
    "latency_ms": np.array([5.0, 10.0, 2.5, 5.0, np.nan]),
    "params": np.array([100.0, 300.0, 50.0, 1.0, 1.0]),
}


def earned(text: str) -> np.ndarray:
    objective = make_objective(text, split="valid")
    return objective({name: METRICS[name] for name in objective.needs})


def test_doubled_latency_is_paid_for_by_five_percent() -> None:
    """The golden number of the paper: 2 ** -0.07 = .95264."""
    one, twice, half, *unknown = earned("soft_cost(target=5)")
    assert one == 0.8
    assert twice / one == pytest.approx(0.95264, abs=5e-6)
    assert one / twice == pytest.approx(1.0497, abs=5e-5)
    assert half * twice == pytest.approx(one**2)
    assert np.isnan(unknown).all()
    assert earned("soft_cost(target=5, exponent=-1)")[1] == pytest.approx(0.4)


def test_hard() -> None:
    np.testing.assert_allclose(earned("hard_cost(target=5)"), [0.8, 0.4, 0.8, np.nan, np.nan])


def test_hinge() -> None:
    np.testing.assert_allclose(earned("hinge_cost(target=5, weight=0.1)"), [0.8, 0.7, 0.8, np.nan, np.nan])
    of_loss = earned("hinge_cost(target=100, weight=0.5, cost=params, score=valid_loss)")
    np.testing.assert_allclose(of_loss, [-1.0, -3.0, -3.0, -4.0, -5.0])


def test_absolute() -> None:
    np.testing.assert_allclose(earned("absolute_cost(target=5, weight=0.1)"), [0.8, 0.7, 0.75, np.nan, np.nan])


def test_weighted_sum() -> None:
    found = earned("weighted_sum(accuracy=2, latency_ms=0.1, params=0.001)")
    np.testing.assert_allclose(found, [1.6 - 0.5 - 0.1, 1.6 - 1.0 - 0.3, 1.6 - 0.25 - 0.05, np.nan, np.nan])


def test_a_constraint_leaves_the_score_and_measures_the_violation() -> None:
    objective = make_objective("constrained(target=5)", split="valid")
    assert objective.constrained
    np.testing.assert_array_equal(objective(METRICS), METRICS["valid_accuracy"])
    np.testing.assert_array_equal(objective.violation(METRICS), [0.0, 1.0, 0.0, 0.0, np.nan])
    scaled = Normalised(objective, mean_random=0.0, best=2.0)
    assert scaled.constrained
    np.testing.assert_array_equal(scaled.violation(METRICS), objective.violation(METRICS))


def test_others_have_no_constraint() -> None:
    assert not Accuracy().constrained
    np.testing.assert_array_equal(Accuracy().violation(METRICS), np.zeros(5))


@pytest.mark.parametrize("name", ["soft_cost", "hard_cost", "hinge_cost", "absolute_cost", "constrained"])
def test_the_split_is_that_of_the_environment(name: str) -> None:
    weight = ", weight=1" if name in {"hinge_cost", "absolute_cost"} else ""
    assert make_objective(f"{name}(target=1{weight})", split="test").needs == {"test_accuracy", "latency_ms"}
    text = f"{name}(target=1{weight}, score=robust_accuracy, cost=params)"
    assert make_objective(text, split="test").needs == {"robust_accuracy", "params"}
