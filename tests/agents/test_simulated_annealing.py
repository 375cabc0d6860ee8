"""Metropolis' rule, the cooling, and temperatures that fit rewards in [0, 1]."""

from __future__ import annotations

import math

import numpy as np
import pytest

from awnas_gym.agents.simulated_annealing import SimulatedAnnealing, acceptance
from tests.toy import TARGET, toy_env


def test_acceptance():
    assert acceptance(0.1, 0.05) == 1.0
    assert acceptance(0.0, 0.05) == 1.0
    assert acceptance(-0.1, 0.05) == pytest.approx(math.exp(-2))
    assert acceptance(-0.1, 0.0) == 0.0
    assert acceptance(0.0, 0.0) == 1.0


def test_worse_steps_are_accepted_with_that_probability():
    accepted = 0
    for seed in range(1500):
        agent = SimulatedAnnealing(toy_env(), seed=seed, starts=1, temperature=0.1)
        agent.tell([TARGET], [0.5])
        agent.tell([[0, 1, 0, 1, 0]], [0.4])
        accepted += agent._current.tolist() == [0, 1, 0, 1, 0]
    assert accepted / 1500 == pytest.approx(math.exp(-1), abs=0.04)


def test_cools_geometrically_and_then_stays():
    agent = SimulatedAnnealing(toy_env(), seed=0, starts=2, temperature=0.2, final_ratio=0.01, cooling_evaluations=10)
    seen = []
    for _ in range(2 + 14):
        seen.append(agent.temperature)
        agent.tell([TARGET], [0.5])
    assert seen[:3] == pytest.approx([0.2] * 3)
    assert np.diff(np.log(seen[2:13])) == pytest.approx(math.log(0.01) / 10)
    assert seen[12:] == pytest.approx([0.002] * 4)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 100.0])
def test_the_first_temperature_fits_the_rewards(scale):
    agent = SimulatedAnnealing(toy_env(), seed=0, starts=5)
    agent.tell([TARGET] * 5, scale * np.array([0.0, 0.4, 0.5, 0.6, 1.0]))
    assert agent.temperature == pytest.approx(scale * 0.05)


def test_the_default_is_no_random_walk():
    """With a temperature of 1000 every step would be accepted and late rewards would be those of random search."""
    rewards = []
    agent = SimulatedAnnealing(toy_env("joint", constrained=False), seed=0)
    agent.learn(310, lambda _agent, _arch, reward: rewards.append(reward))
    assert np.mean(rewards[-50:]) > 0.75


def test_steps_are_taken_from_where_the_walk_stands():
    agent = SimulatedAnnealing(toy_env(constrained=False), seed=0, starts=2, temperature=0.0)
    agent.tell([TARGET, [0, 0, 0, 0, 0]], [0.5, 0.1])
    assert ((agent.ask(40) != TARGET).sum(axis=1) == 1).all()
    agent.tell([[0, 1, 0, 1, 0]], [0.4])
    assert ((agent.ask(40) != TARGET).sum(axis=1) == 1).all()
    agent.tell([[0, 1, 0, 1, 0]], [0.5])
    assert ((agent.ask(40) != [0, 1, 0, 1, 0]).sum(axis=1) == 1).all()


def test_after_a_worse_step_is_accepted_the_next_one_is_compared_with_it():
    agent = SimulatedAnnealing(toy_env(), seed=0, starts=1, temperature=1e9, cooling_evaluations=1, final_ratio=1e-18)
    agent.tell([TARGET], [0.5])
    agent.tell([[0, 1, 0, 1, 0]], [0.3])  # accepted: it is hot
    agent.tell([[0, 1, 0, 1, 2]], [0.4])  # accepted: better than 0.3, and it is cold now
    assert agent._current.tolist() == [0, 1, 0, 1, 2]
