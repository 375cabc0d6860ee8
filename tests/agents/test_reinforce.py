"""The gradient against finite differences of what it is the gradient of."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.agents.reinforce import Reinforce
from tests.toy import TARGET, toy_env


def agent_with_logits(*, constrained, seed=0, **settings):
    agent = Reinforce(toy_env(constrained=constrained), seed=seed, **settings)
    agent.logits = np.random.default_rng(5).normal(size=agent.logits.shape)
    return agent


def probability(agent, arch):
    """Return the odds that the policy draws `arch`."""
    return np.prod([agent.probabilities(arch[:i])[arch[i]] for i in range(len(arch))])


def expected_reward(agent):
    return sum(probability(agent, arch) * (arch == TARGET).mean() for arch in agent.space.everything)


@pytest.mark.parametrize("constrained", [False, True])
def test_the_policy_is_a_distribution_over_legal_architectures(constrained):
    agent = agent_with_logits(constrained=constrained)
    assert sum(probability(agent, arch) for arch in agent.space.everything) == pytest.approx(1)


@pytest.mark.parametrize("constrained", [False, True])
def test_the_expected_update_is_the_gradient_of_the_expected_reward(constrained):
    agent = agent_with_logits(constrained=constrained)
    estimate = sum(
        probability(agent, arch) * (arch == TARGET).mean() * agent.log_probability_gradient(arch)
        for arch in agent.space.everything
    )
    logits, step = agent.logits.copy(), 1e-5
    for place in np.ndindex(logits.shape):
        values = []
        for sign in (1, -1):
            agent.logits = logits.copy()
            agent.logits[place] += sign * step
            values.append(expected_reward(agent))
        assert estimate[place] == pytest.approx((values[0] - values[1]) / (2 * step), abs=1e-8)


@pytest.mark.parametrize("constrained", [False, True])
def test_draws_follow_the_policy(constrained):
    agent = agent_with_logits(constrained=constrained)
    drawn = agent.space.check(agent.ask(4000))
    for arch in agent.space.everything[::37]:
        share = (drawn == arch).all(axis=1).mean()
        assert share == pytest.approx(probability(agent, arch), abs=0.02)
    assert len(np.unique(drawn, axis=0)) > 20


def test_a_deterministic_prediction_is_the_mode():
    agent = agent_with_logits(constrained=True)
    for prefix in ([], [0], [2], [2, 3]):
        observation = np.array([*(np.array(prefix, dtype=int) + 1), *[0] * (5 - len(prefix))])
        action, _ = agent.predict(observation, deterministic=True)
        assert action == agent.probabilities(prefix).argmax()


def test_the_first_reward_is_the_baseline_and_the_average_follows():
    agent = agent_with_logits(constrained=False, baseline_decay=0.9)
    before = agent.logits.copy()
    agent.tell([TARGET], [0.5])
    assert np.array_equal(agent.logits, before), "nothing to compare the first reward with"
    assert agent._baseline == 0.5
    agent.tell([TARGET], [0.9])
    assert agent._baseline == pytest.approx(0.54)
    assert agent.policy_updates == 2


@pytest.mark.parametrize(("reward", "sign"), [(0.9, 1), (0.1, -1)])
def test_better_than_the_baseline_becomes_more_likely(reward, sign):
    agent = agent_with_logits(constrained=False)
    agent.tell([TARGET], [0.5])
    before = probability(agent, TARGET)
    agent.tell([TARGET], [reward])
    assert sign * (probability(agent, TARGET) - before) > 0


def test_the_step_is_adams():
    """Against two steps worked out by hand [Kingma & Ba, algorithm 1]."""
    agent = Reinforce(toy_env(), seed=0, learning_rate=0.1)
    agent.logits = np.zeros_like(agent.logits)
    agent._ascend(np.full_like(agent.logits, 2.0))
    assert agent.logits == pytest.approx(0.1)
    agent._ascend(np.full_like(agent.logits, -1.0))
    mean = (0.9 * 0.2 + 0.1 * -1.0) / (1 - 0.9**2)
    square = (0.999 * 0.004 + 0.001 * 1.0) / (1 - 0.999**2)
    assert agent.logits == pytest.approx(0.1 + 0.1 * mean / np.sqrt(square))
