"""Gradients of what agents learn: central differences of the reward through each relaxation, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="agents of mixtures need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.agents import AGENTS  # noqa: E402
from awnas_gym.envs import Judge, Phases, RelaxedEnv  # noqa: E402
from awnas_gym.objectives.accuracy import Accuracy  # noqa: E402
from awnas_gym.objectives.relaxed import RELAXED_OBJECTIVES  # noqa: E402
from awnas_gym.testing.mixtures import Mixtures  # noqa: E402
from tests.evaluators.small_mixtures import slope_along, small_env  # noqa: E402

PROGRESS = 0.6
ENTROPY = {"entropy_weight": -0.01}

METHODS: dict[str, dict[str, Any]] = {
    "darts": {"temperature": 2.0, **ENTROPY},
    "snas": ENTROPY,
    "pc_darts": ENTROPY,
    "beta_darts": {},
    "fbnet": ENTROPY,
}
"""Those whose mixture is a smooth function of what is learned, given what is drawn."""


def quadratic_env(name: str) -> RelaxedEnv:
    objective = RELAXED_OBJECTIVES.load(name)(**({"reference": 1e5} if "relative" in name else {}))
    phases = Phases(weight_steps=0, max_steps=10_000)
    return RelaxedEnv(Judge(Mixtures(), Accuracy()), objective=objective, phases=phases)


def in_float64(name: str, env: RelaxedEnv, **settings: Any) -> Any:
    """Return an agent whose parameters are float64 and not small."""
    agent = AGENTS.load(name)(env, seed=0, **settings)
    for parameter in agent._learned:
        parameter.data = torch.from_numpy(np.random.default_rng(7).standard_normal(tuple(parameter.shape)))
    return agent


def loss_of(agent: Any, env: RelaxedEnv, point: np.ndarray) -> float:
    """Return minus the reward of what an agent plays at a point, and what is added to it."""
    start = 0
    for parameter in agent._learned:
        parameter.data = torch.from_numpy(point[start : start + parameter.numel()]).reshape(parameter.shape)
        start += parameter.numel()
    with torch.no_grad():
        mixture = agent._mixture(PROGRESS, np.random.default_rng(3), climbs=True).numpy()
    _, reward, _, _, _ = env.step(mixture)
    odds = np.exp(agent.logits.detach().numpy())
    odds /= odds.sum(axis=1, keepdims=True)
    loss = -reward + agent.entropy_weight * (odds * np.log(odds)).sum()
    if hasattr(agent, "final_weight"):
        loss += agent.final_weight * PROGRESS * np.log(np.exp(agent.logits.detach().numpy()).sum(axis=1)).mean()
    return float(loss)


def check(agent: Any, env: RelaxedEnv, *, times: int) -> None:
    """Compare what Adam is given with differences along some directions."""
    mixture = agent._mixture(PROGRESS, np.random.default_rng(3), climbs=True)
    assert mixture.dtype == torch.float64
    *_, info = env.step(mixture.detach().numpy())
    agent._loss(mixture, info["gradient"], PROGRESS).backward()
    gradient = np.concatenate([parameter.grad.numpy().ravel() for parameter in agent._learned])
    point = np.concatenate([parameter.detach().numpy().ravel() for parameter in agent._learned])
    assert (gradient != 0).all()
    for direction in np.random.default_rng(4).standard_normal((times, len(point))):
        slope = slope_along(lambda moved: loss_of(agent, env, moved), point, direction)
        assert gradient @ direction == pytest.approx(slope, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("objective", RELAXED_OBJECTIVES)
def test_through_each_relaxation_by_each_objective(name: str, objective: str) -> None:
    env = quadratic_env(objective)
    env.reset(seed=0)
    check(in_float64(name, env, **METHODS[name]), env, times=4)


@pytest.mark.parametrize("name", METHODS)
def test_through_a_network(name: str) -> None:
    env = small_env(objective=RELAXED_OBJECTIVES.load("loss_times_log_cost")())
    env.reset(seed=0)
    check(in_float64(name, env, **METHODS[name]), env, times=1)


def test_through_draws_of_a_dirichlet_distribution() -> None:
    """A draw moves so that its quantile stays: the gradient is that of the inverse distribution function."""
    scipy = pytest.importorskip("scipy.special")
    env = quadratic_env("loss_plus_cost")
    env.reset(seed=0)
    agent = in_float64("drnas", env, kl_weight=0.1)
    point = agent.logits.detach().numpy().copy()

    def concentration(logits: np.ndarray) -> np.ndarray:
        return np.where(logits > 0, logits + 1, np.exp(logits))

    drawn: list[np.ndarray] = []
    torch.distributions.Gamma.rsample, kept = (  # the draws before they are divided by their sum
        lambda self: drawn.append(kept(self)) or drawn[0],  # type: ignore[func-returns-value, method-assign]
        torch.distributions.Gamma.rsample,
    )
    try:
        mixture = agent._mixture(PROGRESS, np.random.default_rng(3), climbs=True)
    finally:
        torch.distributions.Gamma.rsample = kept  # type: ignore[method-assign]
    parts = drawn[0].detach().numpy()
    assert np.allclose(mixture.detach().numpy(), parts / parts.sum(axis=1, keepdims=True))
    quantiles = scipy.gammainc(concentration(point), parts)
    sure = (quantiles > 1e-9) & (quantiles < 1 - 1e-9)

    def loss(logits: np.ndarray) -> float:
        moved = np.where(sure, scipy.gammaincinv(concentration(logits), quantiles), parts)
        _, reward, _, _, _ = env.step(moved / moved.sum(axis=1, keepdims=True))
        c = concentration(logits)
        total = c.sum(axis=1)
        divergence = scipy.gammaln(total) - scipy.gammaln(8) - scipy.gammaln(c).sum(axis=1)
        divergence += ((c - 1) * (scipy.digamma(c) - scipy.digamma(total)[:, None])).sum(axis=1)
        return float(-reward + agent.kl_weight * divergence.sum())

    *_, info = env.step(mixture.detach().numpy())
    agent._loss(mixture, info["gradient"], PROGRESS).backward()
    for direction in np.random.default_rng(4).standard_normal((4, *point.shape)):
        along = np.where(sure, direction, 0.0)
        slope = (loss(point + 1e-5 * along) - loss(point - 1e-5 * along)) / 2e-5
        assert (agent.logits.grad.numpy() * along).sum() == pytest.approx(slope, rel=1e-3)
