"""NAO: whose states make steps, and which of what they lead to is tried."""

from __future__ import annotations

import numpy as np
import pytest

from tests.toy import TARGET, toy_env

pytest.importorskip("torch")

from awnas_gym.agents.nao import DISTANCES, NAOAgent


class Model:
    """Moves to the next architectures of all, as many as the step is long; knows what they earn."""

    def __init__(self, space):
        self.space, self.asked = space, []

    def improve(self, archs, distance):
        self.asked.append((len(archs), distance))
        everything = self.space.everything
        return everything[: int(10 * distance)]

    def predict(self, archs):
        return (archs == TARGET).mean(axis=1)


def test_steps_grow_until_there_are_enough_and_the_highest_are_tried_first() -> None:
    agent = NAOAgent(toy_env(), seed=0, initial=5, refit=6, parents=3)
    archs = agent.space.everything[-8:]
    agent.tell(archs, (archs == TARGET).mean(axis=1))
    agent._model, agent._learned_on = Model(agent.space), 8
    found = agent.ask(6)
    assert agent._model.asked == [(3, distance) for distance in DISTANCES[:2]]
    assert {tuple(row.tolist()) for row in found} == {tuple(row.tolist()) for row in agent.space.everything[:6]}
    agreements = (found == TARGET).sum(axis=1).tolist()
    assert agreements == sorted(agreements, reverse=True)


def test_what_it_asks_for_is_better_than_what_it_began_with() -> None:
    agent = NAOAgent(toy_env("joint", constrained=False), seed=3, hidden=16, epochs=20, learning_rate=0.03, refit=20)
    agent.learn(80)
    assert agent._rewards[-40:].mean() > agent._rewards[:20].mean() + 0.1
    assert len({agent.space.key(np.asarray(row)) for row in agent._archs}) == 80
