"""The walk of UCT, by hand."""

from __future__ import annotations

import numpy as np

from awnas_gym.agents.mcts import MCTS
from tests.toy import toy_env


def test_a_choice_that_was_never_evaluated_comes_first() -> None:
    agent = MCTS(toy_env(constrained=False), seed=0)
    rows = np.array([[0, 0, 0, 0, 0], [2, 0, 0, 0, 0]], dtype=np.int8)
    assert {int(agent._walk(rows, np.ones(2))[0]) for _ in range(20)} == {1}


def test_then_the_highest_bound() -> None:
    """Means .5, .6 and .3 of 4, 4 and 1 evaluations: the last has .3 + c sqrt(ln 9 / 1)."""
    rows = np.zeros((9, 5), dtype=np.int8)
    rows[:, 0] = [0] * 4 + [1] * 4 + [2]
    values = np.array([0.5] * 4 + [0.6] * 4 + [0.3])
    change = 0.3 / (np.sqrt(np.log(9)) - np.sqrt(np.log(9) / 4))  # where both bounds are equal
    for exploration, first in ((0.0, 1), (change - 0.01, 1), (change + 0.01, 2)):
        agent = MCTS(toy_env(constrained=False), seed=0, exploration=exploration)
        assert agent._walk(rows, values)[0] == first


def test_masks_hold_and_what_nobody_answered_yet_counts_as_the_worst() -> None:
    agent = MCTS(toy_env(constrained=True), seed=0, exploration=0.0)
    agent.learn(200)
    walks = np.stack([agent._walk(agent._archs, agent._rewards) for _ in range(20)])
    assert agent.space.legal(walks).all()
    fresh = MCTS(toy_env(constrained=False), seed=0, exploration=0.0)
    fresh.tell([[0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [2, 0, 0, 0, 0]], [0.1, 0.2, 0.3])
    assert fresh.ask(1)[0, 0] == 2
    assert fresh.ask(3)[:, 0].tolist() != [2, 2, 2], "the first walk was a good one, but its reward is not known"
