"""Climbing: to the top of a hill, by unknown neighbours alone, and on from there."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.agents.local_search import LocalSearch
from tests.toy import TARGET, Spy, toy_env

NEIGHBOURS = 2 + 3 + 2 + 1 + 3


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_reaches_the_top_of_the_only_hill(full, seed):
    """Five steps at most, each after at most one neighbourhood."""
    spy = Spy(toy_env("joint", constrained=False))
    agent = LocalSearch(spy, seed=seed, starts=3, full_neighbourhood=full).learn(3 + 5 * NEIGHBOURS)
    assert agent.best_arch.tolist() == TARGET.tolist()
    climb = spy.archs[3 : spy.archs.index(tuple(TARGET)) + 1]
    assert len(set(climb)) == len(climb), "nothing is evaluated twice on a climb"


def started(reward=0.5, **settings):
    """Return an agent at `TARGET`, which earned `reward`, and its neighbours in the order they are asked."""
    agent = LocalSearch(toy_env(constrained=False), seed=0, starts=1, **settings)
    agent.tell([TARGET], [reward])
    return agent, agent.ask(NEIGHBOURS)


def test_the_neighbourhood_is_every_change_of_one_decision():
    _, asked = started()
    assert ((asked != TARGET).sum(axis=1) == 1).all()
    assert len(np.unique(asked, axis=0)) == NEIGHBOURS
    orders = set()
    for seed in range(5):
        agent = LocalSearch(toy_env(constrained=False), seed=seed, starts=1)
        agent.tell([TARGET], [0.5])
        orders.add(tuple(map(tuple, agent.ask(NEIGHBOURS).tolist())))
    assert len(orders) == 5, "in random order"


def test_moves_to_the_first_better_neighbour():
    agent, asked = started()
    agent.tell(asked[:1], [0.4])
    assert agent._top == tuple(TARGET)
    agent.tell(asked[1:2], [0.6])
    assert agent._top == tuple(asked[1].tolist())
    # The old top is known, so it is not asked again.
    assert TARGET.tolist() not in agent.ask(NEIGHBOURS - 2).tolist()


def test_moves_to_the_best_of_the_full_neighbourhood():
    agent, asked = started(full_neighbourhood=True)
    rewards = np.linspace(0.4, 0.8, NEIGHBOURS)[np.random.default_rng(0).permutation(NEIGHBOURS)]
    agent.tell(asked[:-1], rewards[:-1])
    assert agent._top == tuple(TARGET)
    agent.tell(asked[-1:], rewards[-1:])
    assert agent._top == tuple(asked[rewards.argmax()].tolist())


@pytest.mark.parametrize("full", [False, True])
def test_starts_again_at_a_local_optimum(full):
    agent, asked = started(full_neighbourhood=full)
    agent.tell(asked, np.full(NEIGHBOURS, 0.5))
    assert agent._top is None
    assert ((agent.ask(50) != TARGET).sum(axis=1) > 1).any()


def test_the_climb_starts_at_the_best_of_the_random_ones():
    agent = LocalSearch(toy_env(constrained=False), seed=0, starts=3)
    archs = agent.ask(3)
    agent.tell(archs[:2], [0.1, 0.3])
    assert agent._top is None
    agent.tell(archs[2:], [0.2])
    assert agent._top == tuple(archs[1].tolist())


def test_asking_twice_gives_the_same_neighbours_and_asking_too_much_gives_random_ones():
    agent, asked = started()
    more = agent.ask(NEIGHBOURS + 20)
    assert np.array_equal(more[:NEIGHBOURS], asked)
    assert ((more[NEIGHBOURS:] != TARGET).sum(axis=1) > 1).any()
