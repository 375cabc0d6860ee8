"""Methods that play one operation an edge: which are run, and their estimators against closed forms."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="agents of mixtures need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.agents.relaxed.gdas import GDAS  # noqa: E402
from awnas_gym.agents.relaxed.proxylessnas import ProxylessNAS  # noqa: E402
from awnas_gym.agents.relaxed.relaxations import draw  # noqa: E402
from awnas_gym.errors import UnknownNameError  # noqa: E402
from awnas_gym.spaces.relaxable import SMALLEST  # noqa: E402
from awnas_gym.testing.mixtures import mixtures_env  # noqa: E402

SHAPE = (28, 8)
SLOPES = np.random.default_rng(5).standard_normal(SHAPE)


def started(kind: Any, **settings: Any) -> Any:
    """Return an agent of logits that are not small."""
    agent = kind(mixtures_env(), seed=0, **settings)
    agent.logits.data = torch.from_numpy(np.random.default_rng(7).standard_normal(SHAPE)).float()
    return agent


def softmax(logits: np.ndarray) -> np.ndarray:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def played(agent: Any, *, climbs: bool = True, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return a mixture, and the gradient of the loss by the logits where that of the reward is `SLOPES`."""
    mixture = agent._mixture(0.5, np.random.default_rng(seed), climbs=climbs)
    weights = mixture.detach().numpy().copy()
    agent.logits.grad = None
    agent._loss(mixture, np.where(weights != 0, SLOPES, 0.0), 0.5).backward()
    return weights, agent.logits.grad.numpy()


def estimate(odds: np.ndarray, run: np.ndarray) -> np.ndarray:
    """Return dL/dlogit_i = sum_j dL/dg_j p_j (delta_ij - p_i)."""
    by_gate = np.where(run, -SLOPES, 0.0)
    return np.stack([p * g - p * (g @ p) for p, g in zip(odds, by_gate, strict=True)])


@pytest.mark.parametrize("paths", ["chosen", "all"])
def test_gdas_is_a_hard_draw_with_the_gradient_of_a_soft_one(paths: str) -> None:
    agent = started(GDAS, paths=paths)
    weights, gradient = played(agent)
    temperature = (10 + 0.1) / 2
    soft = softmax((agent.logits.detach().numpy() + np.random.default_rng(3).gumbel(size=SHAPE)) / temperature)
    chosen = np.eye(8)[soft.argmax(axis=1)]
    assert np.array_equal(weights == 1, chosen == 1)
    others = weights[weights != 1]
    assert (others == (np.float32(SMALLEST) if paths == "all" else 0)).all()
    assert np.allclose(gradient, estimate(soft, weights != 0) / temperature, atol=1e-6)
    assert set(np.unique(played(agent, climbs=False)[0])) == {0, 1}, "nothing is run for its gradient where none is"


def test_proxylessnas_with_all_gates() -> None:
    """The estimator is the chain rule of the softmax: of a loss that is linear in the gates, its exact gradient."""
    agent = started(ProxylessNAS, paths="all")
    weights, gradient = played(agent)
    assert (weights == 1).sum() == 28
    assert (weights[weights != 1] == np.float32(SMALLEST)).all()
    assert np.allclose(
        gradient, estimate(softmax(agent.logits.detach().numpy()), np.ones(SHAPE, dtype=bool)), atol=1e-6
    )
    agent.logits.grad = None
    (agent.probabilities() * torch.from_numpy(-SLOPES).float()).sum().backward()
    assert np.allclose(gradient, agent.logits.grad.numpy(), atol=1e-6)


def test_proxylessnas_with_two_gates() -> None:
    agent = started(ProxylessNAS)
    weights, gradient = played(agent)
    two = weights != 0
    assert (two.sum(axis=1) == 2).all()
    assert ((weights == 1).sum(axis=1) == 1).all()
    assert set(np.unique(weights)) == {np.float32(0), np.float32(SMALLEST), np.float32(1)}
    odds = softmax(np.where(two, agent.logits.detach().numpy(), -np.inf))
    assert np.allclose(gradient, estimate(odds, two), atol=1e-6)
    assert not gradient[~two].any()
    assert set(np.unique(played(agent, climbs=False)[0])) == {0, 1}, "the network is trained by one operation an edge"


def test_the_odds_of_what_was_not_drawn_stay() -> None:
    agent = started(ProxylessNAS, learning_rate=0.1)
    rng = np.random.default_rng(0)
    for _ in range(20):
        before = agent.probabilities().detach().numpy().copy()
        mixture = agent._mixture(0.5, rng, climbs=True)
        two = mixture.detach().numpy() != 0
        agent._update(mixture, np.where(two, SLOPES, 0.0), 0.0, 0.5)
        after = agent.probabilities().detach().numpy()
        assert np.allclose(before[~two], after[~two], rtol=1e-4)
        better = np.where(two, SLOPES, -np.inf).argmax(axis=1)
        assert (after[range(28), better] > before[range(28), better]).all()
    assert agent.policy_updates == 20


def test_operations_are_drawn_by_their_odds() -> None:
    odds = np.array([0.5, 0.3, 0.2])
    logits = torch.tensor([[*np.log(odds), -np.inf]] * 20_000)
    pairs = Counter(map(tuple, draw(logits, 2, np.random.default_rng(0)).tolist()))
    for (first, second), times in pairs.items():
        expected = odds[first] * odds[second] / (1 - odds[first])
        assert times / 20_000 == pytest.approx(expected, abs=0.012)
    assert len(pairs) == 6


def test_other_paths_are_refused() -> None:
    for kind, given in ((GDAS, "two"), (ProxylessNAS, "chosen")):
        with pytest.raises(UnknownNameError, match=f"paths named '{given}'"):
            kind(mixtures_env(), seed=0, paths=given)
