"""Gradients of mixtures on a small network, against central differences in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.objectives.relaxed import RELAXED_OBJECTIVES  # noqa: E402
from awnas_gym.spaces.relaxable import SMALLEST  # noqa: E402
from tests.evaluators.small_mixtures import slope_along, small_env, small_weights  # noqa: E402

SHAPE = (28, 8)
RUN: dict[str, dict[str, int]] = {"whole": {}, "partial channels": {"partial": 2, "channels": 4}}


def matrix(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.05, 0.9, SHAPE)


def directions(n: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((n, *SHAPE))


@pytest.mark.parametrize("network", RUN)
def test_the_gradient_of_the_loss(network: str) -> None:
    evaluator = small_weights(steps=1, **RUN[network])
    point = matrix()

    def loss(weights: np.ndarray) -> float:
        return evaluator.gradient(weights, progress=0.0)[0]["valid_loss"]

    _, gradient = evaluator.gradient(point, progress=0.0)
    assert np.abs(gradient).max() > 1e-3
    for direction in directions(3):
        assert (gradient * direction).sum() == pytest.approx(slope_along(loss, point, direction), rel=1e-5)


@pytest.mark.parametrize("name", RELAXED_OBJECTIVES)
@pytest.mark.parametrize("cost", ["macs", "params"])
def test_the_gradient_of_the_reward(name: str, cost: str) -> None:
    """Of the loss, the expected cost, and what an objective makes of both."""
    objective = RELAXED_OBJECTIVES.load(name)(**({"reference": 1e4} if "relative" in name else {}))
    env = small_env(objective=objective, cost=cost)
    env.reset(seed=0)
    point = matrix()

    def reward(weights: np.ndarray) -> float:
        return env.step(weights)[1]

    gradient = env.step(point)[4]["gradient"]
    for direction in directions(2):
        assert (gradient * direction).sum() == pytest.approx(slope_along(reward, point, direction), rel=1e-5)


def test_joint_phases_have_the_gradient_before_their_step() -> None:
    point, (direction,) = matrix(), directions(1)

    def loss(weights: np.ndarray) -> float:
        return small_weights(joint=True).gradient(weights, progress=0.0)[0]["train_loss"]

    evaluator = small_weights(joint=True)
    before = [weight.clone() for weight in evaluator.supernet.parameters()]
    _, gradient = evaluator.gradient(point, progress=0.0)
    assert any(not torch.equal(a, b) for a, b in zip(before, evaluator.supernet.parameters(), strict=True))
    assert (gradient * direction).sum() == pytest.approx(slope_along(loss, point, direction), rel=1e-5)


@pytest.mark.parametrize("network", RUN)
def test_what_is_run_for_its_gradient_counts_as_nothing(network: str) -> None:
    """The gradient at float32's smallest is that of a path that is added; at 0 there is none."""
    evaluator = small_weights(steps=1, **RUN[network])
    point = np.where(np.random.default_rng(2).random(SHAPE) < 0.5, matrix(), 0.0)
    off = point == 0
    scores, gradient = evaluator.gradient(point, progress=0.0)
    assert not gradient[off].any()
    beside, slopes = evaluator.gradient(np.where(off, SMALLEST, point), progress=0.0)
    assert beside["valid_loss"] == pytest.approx(scores["valid_loss"], rel=1e-12)
    assert np.allclose(slopes[~off], gradient[~off], rtol=1e-9)
    ahead = np.where(off, np.abs(directions(1)[0]), 0.0)  # one side only: weights are not below 0

    def loss(weights: np.ndarray) -> float:
        return evaluator.gradient(weights, progress=0.0)[0]["valid_loss"]

    step = 1e-6
    assert (slopes * ahead).sum() == pytest.approx((loss(point + step * ahead) - loss(point)) / step, rel=1e-3)


@pytest.mark.parametrize("settings", [{}, {"order": 2}, {"joint": True}, {"partial": 2, "channels": 4}])
def test_a_mixture_of_nothing_has_no_gradient(settings: dict[str, Any]) -> None:
    evaluator = small_weights(**settings)
    scores, gradient = evaluator.gradient(np.zeros(SHAPE), progress=0.0)
    assert not gradient.any()
    assert all(np.isfinite(value) for value in scores.values())


def test_a_gradient_moves_neither_weights_nor_statistics() -> None:
    evaluator = small_weights(steps=2, order=2)
    before = {name: tensor.clone() for name, tensor in evaluator.supernet.state_dict().items()}
    evaluator.gradient(matrix(), progress=0.0)
    for name, tensor in evaluator.supernet.state_dict().items():
        assert torch.equal(tensor, before[name]), name
