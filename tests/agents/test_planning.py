"""Agents with a model: what they ask for, when the model learns, and what they keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awnas_gym.agents.planning import PlanningAgent
from tests.toy import TARGET, toy_env


class Mean(PlanningAgent):
    """Suggests everything there is, best first by the agreement with the best that was heard."""

    def __init__(self, env, *, seed=None, initial=4, refit=3, batch=1) -> None:
        super().__init__(env, seed=seed, initial=initial, refit=refit, batch=batch)
        self.learned: list[tuple[int, int]] = []

    def _learn(self, archs, rewards, seed) -> None:
        self.learned.append((len(archs), seed))

    def _ranked(self, archs, rewards):
        best = archs[rewards.argmax()]
        everything = self.space.everything
        return everything[np.argsort(-(everything == best).sum(axis=1), kind="stable")]


def heard(agent: Any, archs: Any) -> None:
    agent.tell(archs, (archs == TARGET).mean(axis=1))


def test_the_model_learns_once_a_plan() -> None:
    agent = Mean(toy_env(), seed=0)
    for _ in range(4 + 3 + 3):
        heard(agent, agent.ask(1))
    assert [n for n, _ in agent.learned] == [4, 7]
    assert len({seed for _, seed in agent.learned}) == 2
    agent.ask(1)
    assert [n for n, _ in agent.learned] == [4, 7, 10]
    agent.ask(7)
    assert len(agent.learned) == 3, "three plans of the same model"


def test_rewards_of_others_end_a_plan() -> None:
    agent = Mean(toy_env(), seed=0)
    heard(agent, agent.ask(4))
    agent.ask(1)
    assert len(agent._new(agent._plan)) == 2
    heard(agent, agent.space.everything[-2:])
    assert len(agent._new(agent._plan)) == 2
    heard(agent, agent.space.everything[-3:-2])
    agent.ask(1)
    assert [n for n, _ in agent.learned] == [4, 7]


def test_nothing_is_asked_for_twice_until_all_was() -> None:
    agent = Mean(toy_env(), seed=0)
    size = agent.space.size
    heard(agent, agent.ask(6))
    rest = agent.ask(size - 6)
    assert len({agent.space.key(row) for row in rest}) == size - 6
    heard(agent, rest)
    assert agent.space.check(agent.ask(5)).shape == (5, 5), "then anything"


def test_a_sample_is_no_plan_and_a_proposal_is_what_was_best() -> None:
    agent = Mean(toy_env(), seed=0)
    heard(agent, agent.ask(4))
    first = agent.sample(5, seed=1)
    assert np.array_equal(agent.ask(3), first[:3])
    everything = agent.space.everything
    heard(agent, everything)
    best = agent.propose(3, seed=0)
    assert best[0].tolist() == TARGET.tolist()
    agreements = (best == TARGET).sum(axis=1)
    assert agreements.tolist() == sorted((everything == TARGET).sum(axis=1))[:-4:-1]


def test_what_is_asked_for_is_not_asked_for_after_a_load(tmp_path) -> None:
    agent = Mean(toy_env(), seed=0)
    heard(agent, agent.ask(4))
    agent.ask(2)
    agent.save(tmp_path)
    loaded = Mean.load(tmp_path, toy_env())
    assert [row.tolist() for row in loaded.ask(4)] == [row.tolist() for row in agent.ask(4)]
    assert loaded._seen == agent._seen


@pytest.mark.parametrize("setting", ["initial", "refit", "batch"])
def test_settings_are_whole_numbers(setting: str) -> None:
    with pytest.raises(ValueError, match=f"{setting} is a whole number from 1; got 0"):
        Mean(toy_env(), seed=0, **{setting: 0})
