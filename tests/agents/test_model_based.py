"""Agents with a model: nothing twice, further candidates before an answer, and better than chance."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from awnas_gym.agents import AGENTS
from awnas_gym.errors import MissingExtraError, SettingError
from tests.toy import TARGET, Spy, toy_env

NAMES = ("mcts", "tpe", "random_forest", "nas_bowl", "lanas")
every_agent = pytest.mark.parametrize("name", NAMES)


def make(name: str, *, constrained: bool = False, seed: int = 0, **settings: Any) -> Any:
    try:
        agent = AGENTS.load(name)
    except MissingExtraError as error:
        pytest.skip(str(error))
    return agent(Spy(toy_env("joint", constrained=constrained)), seed=seed, **settings)


@every_agent
def test_it_learns_without_asking_twice(name: str) -> None:
    agent = make(name).learn(60)
    spy = agent.env
    assert len({agent.space.key(row) for row in spy.archs}) == 60
    assert np.mean(spy.rewards[20:]) > 1 / 3 + 0.05, "random ones earn 1 / 3 on average"
    assert max(spy.rewards) >= 0.8


@every_agent
def test_batches_and_questions_before_an_answer_differ(name: str) -> None:
    agent = make(name, batch=5)
    agent.learn(25)
    asked = np.concatenate([agent.ask(4), agent.ask(1), agent.ask(7)])
    known = {agent.space.key(row) for row in agent.env.archs}
    assert len({agent.space.key(row) for row in asked} - known) == 12
    agent.tell(asked[:6], np.linspace(0, 1, 6))
    assert agent._state()["asked"] == asked[6:].tolist()
    assert len({agent.space.key(row) for row in agent.ask(3)} - known - {agent.space.key(row) for row in asked}) == 3


@every_agent
def test_an_exhausted_space_is_asked_for_again(name: str) -> None:
    agent = make(name, constrained=True)
    everything = agent.space.everything
    agent.tell(everything, (everything == TARGET).mean(axis=1))
    assert len(agent.ask(5)) == 5
    assert np.array_equal(agent.best_arch, TARGET)


@every_agent
def test_what_was_asked_for_survives_a_save(name: str, tmp_path: Any) -> None:
    agent = make(name)
    agent.learn(24)
    agent.ask(4)
    agent.save(tmp_path)
    loaded = type(agent).load(tmp_path, agent.env)
    assert json.dumps(loaded._state()) == json.dumps(agent._state())
    for _ in range(2):
        asked, again = agent.ask(3), loaded.ask(3)
        assert np.array_equal(asked, again)
        agent.tell(asked, [0.1, 0.2, 0.3])
        loaded.tell(again, [0.1, 0.2, 0.3])


@every_agent
def test_equal_rewards_are_no_trouble(name: str) -> None:
    agent = make(name)
    agent.tell(agent.space.everything[:30], np.full(30, 0.5))
    assert len(agent.ask(3)) == 3


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("mcts", {"exploration": -1}, "exploration is a number from 0"),
        ("tpe", {"candidates": 0}, "candidates is a whole number from 1"),
        ("random_forest", {"trees": 1}, "trees is a whole number from 2"),
        ("nas_bowl", {"depth": -1}, "depth is a whole number from 0"),
        ("lanas", {"leaf": 1}, "leaf is a whole number from 2"),
        ("lanas", {"initial": 0}, "initial is a whole number from 1"),
    ],
)
def test_wrong_settings_are_refused(name: str, settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingError, match=reason):
        make(name, **settings)
