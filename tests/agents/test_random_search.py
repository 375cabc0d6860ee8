"""Random search is uniform and independent."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.agents.random_search import RandomSearch
from tests.toy import toy_env


def test_every_choice_is_drawn_with_equal_odds():
    agent = RandomSearch(toy_env(constrained=False), seed=0)
    archs = agent.ask(6000)
    for i, cardinality in enumerate(agent.space.cardinalities):
        shares = np.bincount(archs[:, i], minlength=cardinality) / len(archs)
        assert shares == pytest.approx(1 / cardinality, abs=0.03)


def test_rewards_change_nothing():
    deaf, hearing = RandomSearch(toy_env(), seed=1), RandomSearch(toy_env(), seed=1)
    first = hearing.ask(20)
    hearing.tell(first, np.linspace(0, 1, 20))
    assert np.array_equal(deaf.ask(20), first)
    assert np.array_equal(deaf.ask(20), hearing.ask(20))


def test_the_best_is_remembered_and_predicted():
    env = toy_env(constrained=False)
    agent = RandomSearch(env, seed=1)
    archs = agent.ask(4)
    agent.tell(archs, [0.1, 0.7, 0.7, 0.2])
    assert agent.best_arch.tolist() == archs[1].tolist()
    assert agent.best_reward == 0.7
    assert agent.evaluations == 4
    action, _ = agent.predict(np.array([0, 0, 0, 0, 0]))
    assert action == archs[1, 0]
    action, _ = agent.predict(np.array([*(archs[1, :3] + 1), 0, 0]))
    assert action == archs[1, 3]


def test_the_best_is_bent_to_what_was_decided_already():
    env = toy_env(constrained=True)
    agent = RandomSearch(env, seed=1)
    agent.tell([[2, 3, 1, 0, 2]], [1.0])
    for first, second in ((1, 3), (0, 3), (0, 2), (2, 1)):
        # Decision 2 is 1 in the best architecture; where decision 1 forbids it, the rule of repair makes it 2.
        predicted, _ = agent.predict(np.array([first + 1, second + 1, 0, 0, 0]))
        assert env.space.mask([first, second])[predicted]
        assert predicted == (1 if second != 1 else 2)
