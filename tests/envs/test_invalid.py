"""Illegal actions on a constrained space: repaired, paid for or refused; what the history says of them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import AgentError
from tests.toy import TARGET, toy_env

ILLEGAL = {"build": [2, 2, 1, 0, 2], "joint": [[2, 2, 1, 0, 2]]}
"""The second decision repeats the first; repaired, it becomes 3 (of [0, 1, 3], number 2): the target."""

kinds = pytest.mark.parametrize("kind", ["build", "joint"])


def play(env: Any, actions: list[Any]) -> tuple[Any, float, bool, bool, dict[str, Any]]:
    for action in actions:
        result = env.step(action)
    return result


@kinds
def test_repair_earns_what_the_repaired_architecture_does(kind: str) -> None:
    history = History(Budget(evaluations=5))
    env = Recorder(toy_env(kind), history)
    env.reset(seed=0)
    observation, reward, terminated, _, info = play(env, ILLEGAL[kind])
    np.testing.assert_array_equal(observation, TARGET + 1)
    assert (reward, terminated) == (1.0, True)
    assert (history.records[0]["reward"], history.records[0]["invalid"]) == (1.0, True)
    assert info["architecture"] == "2-3-1-0-2"


@kinds
def test_a_penalty_is_what_the_history_records(kind: str) -> None:
    history = History(Budget(evaluations=5))
    env = Recorder(toy_env(kind, invalid="penalty"), history)
    env.reset(seed=0)
    _, reward, _, _, info = play(env, ILLEGAL[kind])
    assert reward == -1.0
    assert info["metrics"] == {"valid_accuracy": 1.0}
    assert (history.records[0]["reward"], history.records[0]["invalid"]) == (-1.0, True)
    assert history.records[0]["metrics"] == {"valid_accuracy": 1.0}
    env.reset()
    assert play(env, TARGET.tolist() if kind == "build" else [TARGET])[1] == 1.0
    assert (history.records[1]["reward"], history.records[1]["invalid"]) == (1.0, False)


@kinds
def test_a_penalty_is_resumed(kind: str, tmp_path: Any) -> None:
    for _ in range(2):
        history = History(Budget(evaluations=5), tmp_path / "history.jsonl")
        env = Recorder(toy_env(kind, invalid="penalty"), history)
        env.reset(seed=0)
        assert play(env, ILLEGAL[kind])[1] == -1.0
        history.close()
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 1


@kinds
def test_a_refused_action_changes_nothing(kind: str) -> None:
    history = History(Budget(evaluations=5))
    env = Recorder(toy_env(kind, invalid="raise"), history)
    env.reset(seed=0)
    if kind == "build":
        env.step(2)
    before = env.unwrapped.get_state()
    with pytest.raises(AgentError, match="is illegal here"):
        env.step(2 if kind == "build" else ILLEGAL["joint"][0])
    assert env.unwrapped.get_state() == before
    assert history.records == []
    _, reward, terminated, _, info = play(env, [3, 1, 0, 2] if kind == "build" else [TARGET])
    assert (reward, terminated, history.records[0]["invalid"]) == (1.0, True, False)
    assert info["invalid"] is False


@kinds
def test_environments_are_pickled_and_copied(kind: str) -> None:
    env = toy_env(kind)
    env.reset(seed=0)
    for twin in (pickle.loads(pickle.dumps(env)), copy.deepcopy(env)):  # noqa: S301 - ours
        assert play(twin, ILLEGAL[kind])[1] == 1.0
    assert env.get_state()["steps"] == 0


@kinds
def test_a_copy_of_a_recorded_environment_shares_its_history(kind: str) -> None:
    history = History(Budget(evaluations=2))
    env = Recorder(toy_env(kind), history)
    env.reset(seed=0)
    twin = copy.deepcopy(env)
    assert twin.history is history
    for each in (env, twin):
        play(each, ILLEGAL[kind])
    assert [record["n"] for record in history.records] == [1, 2]
