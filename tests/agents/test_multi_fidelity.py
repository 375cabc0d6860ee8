"""Agents that ask for architectures at a fidelity: what is told, what counts, what a run reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.agents import MultiFidelityAgent
from awnas_gym.agents.random_search import RandomSearch
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import AgentError, BudgetExhausted, SettingError
from awnas_gym.reporting.read import read_run
from awnas_gym.search import merit
from awnas_gym.testing.mixtures import mixtures_env
from tests.reporting.fake_runs import config, lines, write_run
from tests.toy import TARGET, fidelity_toy_env, toy_env


class Zigzag(MultiFidelityAgent):
    """Random architectures at each fidelity in turn."""

    turn = 0

    @property
    def settings(self) -> dict[str, Any]:
        return {}

    def _ask(self, n: int) -> tuple[Any, Any]:
        levels = [self.fidelities[(self.turn + i) % 3] for i in range(n)]
        self.turn += n
        return self.space.sample(self._rng, n), np.array(levels)

    def _tell_at(self, archs: Any, rewards: Any, fidelity: Any) -> None:
        self.heard = [*getattr(self, "heard", []), *zip(rewards.tolist(), fidelity.tolist(), strict=True)]

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "turn": self.turn}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self.turn = state["turn"]


OTHER = [0, 1, 0, 1, 3]


def test_each_architecture_is_evaluated_where_it_was_asked_for() -> None:
    env = Recorder(fidelity_toy_env(), History(Budget(cost_s=100)))
    agent = Zigzag(env, seed=0)
    agent.batch = 4
    with pytest.raises(BudgetExhausted):
        agent.learn(10**6)
    asked = [record["fidelity"] for record in env.history.records]
    assert asked == ([1, 3, 9] * 20)[: len(asked)]
    assert env.history.cost_s == 100 - 100 % 13 + 4 == 95, "seven rounds, and what the last seconds pay for"
    told = [(record["reward"], record["fidelity"]) for record in env.history.records]
    assert agent.heard == told[: len(agent.heard)]
    assert len(agent.heard) > 15


def test_no_fidelity_above_that_of_the_environment(tiny: str) -> None:
    env = gym.make("awnas/NASBench201-v0", dataset=tiny)
    highest = env.get_wrapper_attr("fidelities")
    assert Zigzag(env, seed=0).fidelities == highest
    lower = gym.make("awnas/NASBench201-v0", dataset=tiny, fidelity=highest[-2])
    assert Zigzag(lower, seed=0).fidelities == highest[:-1]
    with pytest.raises(SettingError, match="up to its own"):
        Zigzag(gym.make("awnas/NASBench201-v0", dataset=tiny, fidelity=highest[0]), seed=0)


def test_the_best_is_the_best_at_the_highest_fidelity() -> None:
    agent = Zigzag(fidelity_toy_env(), seed=0)
    agent.tell([TARGET, OTHER], [0.9, 0.1], fidelity=[1, 3])
    assert (agent.best_arch.tolist(), agent.best_reward, agent.best_fidelity) == (OTHER, 0.1, 3)
    agent.tell([TARGET], [0.2], fidelity=3)
    agent.tell([OTHER], [1.0], fidelity=1)
    assert (agent.best_arch.tolist(), agent.best_reward) == (TARGET.tolist(), 0.2)


def test_without_a_fidelity_those_that_were_asked_for_are_meant() -> None:
    agent = Zigzag(fidelity_toy_env(), seed=0)
    first, second = agent.ask(2), agent.ask(2)
    agent.tell(second, [0.5, 0.6])
    assert agent.heard == [(0.5, 9), (0.6, 1)]
    with pytest.raises(AgentError, match="tell their fidelity too"):
        agent.tell(first, [0.5, 0.6])


def test_others_may_be_told_at_a_fidelity_too() -> None:
    env = fidelity_toy_env()
    agent = RandomSearch(env, seed=0)
    agent.tell([TARGET], [0.3])
    agent.tell([OTHER], [0.9], fidelity=3)
    assert agent.best_reward == 0.3, "what nobody says is at the environment's own, here 9"
    assert RandomSearch(toy_env(), seed=0).fidelity is None


def test_a_sample_asks_for_nothing() -> None:
    agent = Zigzag(fidelity_toy_env(), seed=0)
    agent.ask(1)
    before = json.dumps(agent._state())
    assert len(agent.sample(4, seed=1)) == 4
    assert json.dumps(agent._state()) == before


def test_it_needs_two_fidelities() -> None:
    with pytest.raises(
        SettingError, match=r"Zigzag evaluates .* at two or more fidelities; this environment has \[1\]"
    ):
        Zigzag(toy_env(), seed=0)
    for env in (mixtures_env(), Bare(toy_env())):
        with pytest.raises(SettingError, match="this environment has none to choose from"):
            Zigzag(env, seed=0)


class Bare(gym.Wrapper[Any, Any, Any, Any]):
    """Hide what the environment says of fidelities."""

    def has_wrapper_attr(self, name: str) -> bool:
        return "fidelit" not in name and super().has_wrapper_attr(name)


def test_records_compare_by_fidelity_then_constraint_then_reward() -> None:
    records = [
        {"fidelity": 1, "reward": 0.9},
        {"fidelity": 3, "reward": 0.8, "violation": 0.1},
        {"fidelity": 3, "reward": 0.1},
        {"fidelity": 3, "reward": 0.2},
    ]
    assert max(records, key=merit) is records[3]
    assert max(records[:2], key=merit) is records[1]


def test_reports_count_what_is_at_the_highest_fidelity(tmp_path: Path) -> None:
    history = lines(np.array([0.9, 0.5, 0.95, 0.6, 0.55]), np.random.default_rng(0))
    for line, fidelity in zip(history, [1, 10, 3, 10, 10], strict=True):
        line["fidelity"] = fidelity
    run = read_run(write_run(tmp_path / "run", config(), history))
    assert run.rewards.tolist() == [-np.inf, 0.5, -np.inf, 0.6, 0.55]
    assert run.earned.tolist() == [0.9, 0.5, 0.95, 0.6, 0.55]
    assert (run.incumbent.n, run.incumbent.fidelity) == (4, 10)
    for line in history:
        line["violation"] = 0.1 * line["n"]
    broken = read_run(write_run(tmp_path / "broken", config(), history))
    assert broken.incumbent.n == 2, "at the highest fidelity, the one that breaks it least"
