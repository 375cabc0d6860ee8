"""What each method of mixtures does by itself: schedules, edges, draws, and that it climbs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="agents of mixtures need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.agents import AGENTS, RELAXED_AGENTS  # noqa: E402
from awnas_gym.config import keywords  # noqa: E402
from awnas_gym.errors import SettingError  # noqa: E402
from awnas_gym.testing.mixtures import mixtures_env  # noqa: E402

SHAPE = (28, 8)


def made(name: str, env: Any = None, **settings: Any) -> Any:
    return AGENTS.load(name)(mixtures_env() if env is None else env, seed=0, **settings)


def mixture(agent: Any, progress: float, *, climbs: bool = True) -> np.ndarray:
    return agent._mixture(progress, np.random.default_rng(3), climbs=climbs).detach().numpy()


def softmax(logits: np.ndarray) -> np.ndarray:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("name", "settings", "temperatures"),
    [
        ("snas", {}, {0.0: 1.0, 0.5: 0.515, 1.0: 0.03}),
        ("snas", {"final_temperature": 1.0}, {0.0: 1.0, 1.0: 1.0}),
        ("fbnet", {}, {10 / 90: 5.0, 11 / 90: 5.0 * 0.956, 1.0: 5.0 * 0.956**80}),
        ("fbnet", {"warmup": 0.0, "epochs": 10.0, "decay": 0.5, "temperature": 2.0}, {0.0: 2.0, 0.2: 0.5}),
    ],
)
def test_temperatures_go_by_the_share_of_the_search(
    name: str, settings: dict[str, float], temperatures: dict[float, float]
) -> None:
    agent = made(name, **settings)
    logits = agent.logits.detach().numpy() + np.random.default_rng(3).gumbel(size=SHAPE)
    for progress, temperature in temperatures.items():
        assert np.allclose(mixture(agent, progress), softmax(logits / temperature), atol=1e-5), progress


def test_darts_divides_by_its_temperature() -> None:
    agent = made("darts", temperature=0.01)
    assert np.allclose(mixture(agent, 0.0), softmax(agent.logits.detach().numpy() / 0.01), atol=1e-6)


def test_fbnet_weighs_all_alike_at_first() -> None:
    env = mixtures_env(max_steps=90, warmup_steps=0)
    agent = made("fbnet", env)
    before = agent.logits.detach().clone()
    assert (mixture(agent, 0.1) == 1 / 8).all()
    agent.learn(10)
    assert torch.equal(agent.logits, before)
    agent.learn(2)
    assert agent.policy_updates == 1
    assert not torch.equal(agent.logits, before)


@pytest.mark.parametrize(("name", "progress"), [("pc_darts", 0.3), ("fbnet", 1 / 9)])
def test_parameters_stay_in_the_warm_up(name: str, progress: float) -> None:
    env = mixtures_env(max_steps=100, warmup_steps=0)
    agent = made(name, env)
    steps = round(100 * progress)
    agent.learn(steps)
    assert agent.policy_updates == 0
    agent.learn(100 - steps)
    assert agent.policy_updates == (100 - steps) // 2


def test_edges_of_a_node_share_its_weight() -> None:
    agent = made("pc_darts")
    agent.edge_logits.data = torch.arange(28.0) / 7
    edges, start = agent.edge_weights().detach().numpy(), 0
    for cell in range(2):
        for node in range(4):
            rows = slice(start, start + 2 + node)
            start += 2 + node
            expected = softmax(np.arange(28.0)[None, rows] / 7)[0]
            assert np.allclose(edges[rows], expected), (cell, node)
    assert start == 28
    weights = mixture(agent, 0.5)
    assert np.allclose(weights.sum(axis=1), edges, atol=1e-6)
    assert np.array_equal(weights, agent._strengths().detach().numpy())


def test_an_edge_that_weighs_little_is_not_chosen() -> None:
    env = mixtures_env()
    agent, space = made("pc_darts", env), env.space
    agent.edge_logits.data[:] = 0
    agent.edge_logits.data[[2, 16]] = -9  # of the first inputs of the third nodes
    arch = space.discretize(agent._strengths().detach().numpy())
    (sources,), _ = space.wiring(arch)
    assert sources[:, 1].tolist() == [[1, 2], [1, 2]]


def test_draws_of_drnas_have_the_means_and_spread_of_their_distribution() -> None:
    agent = made("drnas")
    agent.logits.data = torch.linspace(-2, 2, 8).repeat(28, 1)
    concentration = np.array([x + 1 if x > 0 else np.exp(x) for x in np.linspace(-2, 2, 8)])
    assert np.allclose(agent.concentration().detach().numpy(), concentration, atol=1e-6)
    rng = np.random.default_rng(0)
    drawn = np.concatenate([agent._mixture(0.0, rng, climbs=True).detach().numpy() for _ in range(400)])
    assert np.allclose(drawn.sum(axis=1), 1, atol=1e-5)
    mean = concentration / concentration.sum()
    assert np.allclose(drawn.mean(axis=0), mean, atol=0.005)
    assert np.allclose(drawn.var(axis=0), mean * (1 - mean) / (concentration.sum() + 1), atol=0.003)


def test_draws_of_drnas_leave_torch_as_it_was() -> None:
    agent = made("drnas")
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first, again = mixture(agent, 0.0), mixture(agent, 0.0)
    assert np.array_equal(first, again), "the generator decides"
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_divergence_of_drnas_is_that_of_torch() -> None:
    from torch.distributions import Dirichlet, kl_divergence

    agent = made("drnas")
    agent.logits.data = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    concentration = agent.concentration()
    expected = kl_divergence(Dirichlet(concentration), Dirichlet(torch.ones(SHAPE)))
    assert torch.allclose(agent.divergence(), expected, atol=1e-4)
    agent.logits.data[:] = 0
    assert torch.allclose(agent.divergence(), torch.zeros(28), atol=1e-5)
    agent.logits.data[:] = -60.0
    assert np.isfinite(mixture(agent, 0.0)).all()


def test_the_penalty_of_beta_darts_rises_from_0_to_its_weight() -> None:
    agent = made("beta_darts")
    expected = np.log(np.exp(agent.logits.detach().numpy()).sum(axis=1)).mean()
    assert agent._penalty(0.0).item() == 0
    assert agent._penalty(0.5).item() == pytest.approx(25 * expected, rel=1e-5)
    assert agent._penalty(1.0).item() == pytest.approx(50 * expected, rel=1e-5)


@pytest.mark.parametrize(("weight", "sharper"), [(-0.01, True), (0.01, False)])
def test_entropy_counts_as_reward(weight: float, sharper: bool) -> None:
    agent = made("darts", entropy_weight=weight, learning_rate=0.01, weight_decay=0.0)
    agent.logits.data = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    before = agent._entropy().sum().item()
    for _ in range(20):
        agent._update(agent.probabilities(), np.zeros(SHAPE), 0.0, 0.5)
    assert (agent._entropy().sum().item() < before) == sharper


def test_illegal_operations_weigh_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    env = mixtures_env(max_steps=12, warmup_steps=0)
    legal = np.random.default_rng(0).random(SHAPE) < 0.6
    legal[:, 0] = True
    legal[5, 1:] = False  # an edge without a choice
    monkeypatch.setattr(type(env.space), "edge_legal", legal)
    for name in sorted(RELAXED_AGENTS):
        has = keywords(AGENTS.load(name))
        settings = {"warmup": 0.0, "entropy_weight": -0.01}
        agent = made(name, env, **{key: value for key, value in settings.items() if key in has})
        agent.learn(12)
        assert torch.isfinite(agent.logits).all(), name
        assert np.isfinite(list(agent.statistics.values())).all(), name
        for climbs in (True, False):
            weights = mixture(agent, 0.5, climbs=climbs)
            assert np.isfinite(weights).all(), name
            assert not weights[~legal].any(), name
            assert weights[legal].any(), name


SETTINGS: dict[str, dict[str, Any]] = {
    "drnas": {"weight_decay": 0.0},
    "beta_darts": {"weight_decay": 0.0, "final_weight": 1e-3},
    "proxylessnas": {},
    "evolution_strategy": {},
}


@pytest.mark.parametrize("name", sorted(RELAXED_AGENTS))
def test_climbs(name: str) -> None:
    """All 16 operations of the goal are found, most by rewards alone; by chance it is one or two."""
    env = mixtures_env(max_steps=600, warmup_steps=0)
    settings = {"learning_rate": 0.05, **SETTINGS.get(name, {"weight_decay": 0.0})}
    agent = made(name, env, **settings)
    space, evaluator = env.space, env.judge.evaluator
    agent.learn(600)
    found = space.relax(agent.propose(1, seed=0)[0])
    assert (found * evaluator.goal).sum() >= (9 if name == "evolution_strategy" else 15)


def test_the_evolution_strategy_does_not_look_at_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    def learned() -> torch.Tensor:
        return made("evolution_strategy").learn(60).logits.detach().clone()

    first = learned()
    evaluator = type(mixtures_env().judge.evaluator)
    right = evaluator.gradient
    monkeypatch.setattr(evaluator, "gradient", lambda *args, **progress: (right(*args, **progress)[0], np.ones(SHAPE)))
    assert torch.equal(learned(), first)


def test_a_pair_of_the_evolution_strategy_is_mirrored_and_its_better_side_wins() -> None:
    agent = made("evolution_strategy", sigma=0.3)
    start = agent.logits.detach().numpy().copy()
    first = np.log(mixture(agent, 0.0))
    agent._update(torch.zeros(SHAPE), np.zeros(SHAPE), -1.0, 0.0)
    second = np.log(mixture(agent, 0.0))
    assert np.allclose(first + second - 2 * start, (first + second - 2 * start)[:, :1], atol=1e-5)
    noise = (first - second) / 0.6
    assert (noise - noise.mean(axis=1, keepdims=True)).std() == pytest.approx(np.sqrt(7 / 8), abs=0.15)
    assert np.allclose(np.log(mixture(agent, 0.0, climbs=False)), np.log(softmax(start)), atol=1e-5)
    agent._update(torch.zeros(SHAPE), np.zeros(SHAPE), -2.0, 0.0)
    moved = agent.logits.detach().numpy() - start
    centred = noise - noise.mean(axis=1, keepdims=True)
    assert (moved * centred).sum() > 0, "the first side earned more"
    assert agent.policy_updates == 1


def test_the_evolution_strategy_is_saved_within_a_pair(tmp_path: Path) -> None:
    whole = made("evolution_strategy", mixtures_env(warmup_steps=0)).learn(60)
    env = mixtures_env(warmup_steps=0)
    half = made("evolution_strategy", env).learn(30)  # 15 phases with a gradient
    half.save(tmp_path)
    again = type(half).load(tmp_path, env)
    again._episode = half._episode
    again.learn(30)
    assert torch.equal(again.logits, whole.logits)
    assert again.policy_updates == whole.policy_updates == 15


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("darts", {"temperature": 0}, "temperature is a number above 0; got 0"),
        ("darts", {"entropy_weight": "much"}, "entropy_weight is a number"),
        ("snas", {"final_temperature": -1}, "final_temperature is a number above 0; got -1"),
        ("pc_darts", {"warmup": 1.5}, "warmup is a number from 0 up to 1; got 1.5"),
        ("drnas", {"kl_weight": -1}, "kl_weight is a number from 0; got -1"),
        ("beta_darts", {"final_weight": float("nan")}, "final_weight is a number from 0; got nan"),
        ("fbnet", {"decay": 0}, "decay is a number above 0 up to 1; got 0"),
        ("evolution_strategy", {"sigma": 0}, "sigma is a number above 0; got 0"),
    ],
)
def test_bad_settings(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError) as raised:
        made(name, **settings)
    assert message in str(raised.value)
