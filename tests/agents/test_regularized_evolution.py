"""Real et al.'s algorithm 1, step by step."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.agents.regularized_evolution import RegularizedEvolution
from tests.toy import TARGET, toy_env


def grown(**settings):
    """Return (agent, archs) with a population of 6, whose oldest is the best by far."""
    agent = RegularizedEvolution(toy_env(constrained=False), seed=0, population_size=6, **settings)
    archs = agent.space.everything[:6]
    agent.tell(archs, [0.9, 0.1, 0.2, 0.3, 0.4, 0.5])
    return agent, archs


def test_the_oldest_leaves_even_if_it_is_the_best():
    agent, archs = grown(sample_size=2)
    agent.tell([TARGET], [0.6])
    population = [arch.tolist() for arch, _ in agent.population]
    assert population == [*archs[1:].tolist(), TARGET.tolist()]
    assert agent.best_reward == 0.9


def test_a_child_differs_from_its_parent_in_one_decision():
    agent, archs = grown(sample_size=2)
    for child in agent.ask(50):
        assert (child != archs).sum(axis=1).min() <= 1
    # With everyone in the tournament but by chance, nearly all children come from the best.
    agent, archs = grown(sample_size=6)
    changed = (agent.ask(300) != archs[0]).sum(axis=1)
    assert (changed == 1).mean() > 1 - (5 / 6) ** 6 - 0.1


@pytest.mark.parametrize("sample_size", [1, 2, 4])
def test_the_tournament_has_its_size(sample_size):
    """The best of k draws with replacement from 6 is the best individual with odds 1 - (5/6)**k."""
    agent, archs = grown(sample_size=sample_size)
    parents = [agent._parent() for _ in range(4000)]
    share = np.mean([np.array_equal(parent, archs[0]) for parent in parents])
    assert share == pytest.approx(1 - (5 / 6) ** sample_size, abs=0.03)


def test_the_first_generation_is_random():
    agent = RegularizedEvolution(toy_env(constrained=False), seed=0, population_size=50, sample_size=2)
    agent.tell([TARGET], [1.0])
    assert (agent.ask(49) == TARGET).mean() < 0.5


def test_children_of_a_constrained_space_are_legal():
    agent = RegularizedEvolution(toy_env(constrained=True), seed=0, population_size=2, sample_size=1)
    agent.tell([TARGET, TARGET], [1.0, 1.0])
    agent.space.check(agent.ask(100))
