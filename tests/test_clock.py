"""The simulated clock against a simulation written out, and what agents do on it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from awnas_gym.agents import AGENTS, CONSTRAINED_AGENTS, RELAXED_AGENTS, VECTOR_AGENTS, AskTellAgent
from awnas_gym.agents.asynchronous import learn_asynchronously
from awnas_gym.agents.halving import HalvingAgent
from awnas_gym.agents.random_search import RandomSearch
from awnas_gym.clock import SimulatedClock
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import BudgetExhausted, MissingExtraError, SettingError
from awnas_gym.reporting import find_runs
from awnas_gym.search import Run, run
from awnas_gym.spaces import Archs
from tests.small_agents import SMALL

COSTS = st.lists(st.integers(1, 9), min_size=1, max_size=30)


@given(COSTS, st.integers(1, 5))
def test_each_evaluation_goes_to_the_worker_that_is_free_first(costs: list[int], workers: int) -> None:
    clock, ends = SimulatedClock(workers), []
    lanes = [0.0] * workers
    for cost in costs:
        lane = int(np.argmin(lanes))
        lanes[lane] += cost
        ends.append(lanes[lane])
        assert clock.finish(float(cost)) == lanes[lane]
        assert clock.submit(float(cost)) == clock.last == lanes[lane]
    assert clock.end == max(ends)
    if workers == 1:
        assert clock.end == sum(costs)


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "2"])
def test_wrong_workers(workers: Any) -> None:
    with pytest.raises(SettingError, match="simulated_workers is a whole number from 1"):
        SimulatedClock(workers)


def make(tiny: str, workers: int, evaluations: int = 40) -> tuple[gym.Env, History]:
    history = History(Budget(evaluations=evaluations), simulated_workers=workers)
    return Recorder(gym.make("awnas/NASBench201-v0", dataset=tiny), history), history


class Listener(AskTellAgent):
    """Draws at random; keeps what it heard, and how much of it before each question."""

    def __init__(self, env: gym.Env, *, seed: int | None = None) -> None:
        super().__init__(env, seed=seed)
        self.heard: list[float] = []
        self.asked: list[int] = []

    @property
    def settings(self) -> dict[str, Any]:
        return {}

    def ask(self, n: int = 1) -> Archs:
        self.asked.append(len(self.heard))
        return self.space.sample(self._rng, n)

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        self.heard += rewards.tolist()


def test_results_are_told_when_they_come(tiny: str) -> None:
    env, history = make(tiny, 3)
    agent = Listener(env, seed=0)
    with pytest.raises(BudgetExhausted):
        learn_asynchronously(agent, history.clock)
    by_end = sorted(history.records, key=lambda record: record["finished_s"])
    assert agent.heard == [record["reward"] for record in by_end]
    # when it asks for more, all but two of the earlier have ended; it may ask twice
    assert list(dict.fromkeys(agent.asked))[:38] == list(range(38))
    for n, record in enumerate(history.records[3:], start=3):
        start = record["finished_s"] - record["cost_s"]
        assert sum(other["finished_s"] <= start + 1e-9 for other in history.records[:n]) == n - 2


def test_of_what_an_agent_repeats_the_next_is_taken(tiny: str) -> None:
    class Stubborn(Listener):
        known: Any = ()

        def ask(self, n: int = 1) -> Archs:
            return self.space.unindex([i for i in range(200) if i not in self.known][:n])

        def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
            self.known = (*self.known, *self.space.index(archs).tolist())

    env, history = make(tiny, 4)
    with pytest.raises(BudgetExhausted):
        learn_asynchronously(Stubborn(env, seed=0), history.clock)
    for n in range(3, 40):  # four in a row run at the same time
        assert len({record["architecture"] for record in history.records[n - 3 : n + 1]}) == 4


def test_an_agent_of_several_fidelities_hears_of_each_that_it_asked_for(tiny: str) -> None:
    class Repeating(HalvingAgent):
        def _draw(self) -> Archs:
            return self.space.unindex([int(self._rng.integers(3))])[0]

    env, history = make(tiny, 4)
    agent = Repeating(env, seed=0)
    with pytest.raises(BudgetExhausted):
        learn_asynchronously(agent, history.clock)
    assert sum(len(bracket.asked) for bracket in agent._open) <= 1, "the one that met the end of the budget"
    rungs = [rung for bracket in agent.brackets for rung in bracket]
    asked = Counter(record["fidelity"] for record in history.records)
    assert min(asked[fidelity] for _, fidelity in rungs) >= 40 // sum(n for n, _ in rungs)


def config(tiny: str, agent: str, **keywords: Any) -> Run:
    environment = {"id": "awnas/NASBench201-v0", "dataset": tiny}
    return Run(
        environment=environment,
        agent={"name": agent, **SMALL.get(agent, {})},
        **{"budget": {"evaluations": 40}, **keywords},
    )


@pytest.mark.parametrize("name", sorted(set(AGENTS) - RELAXED_AGENTS - VECTOR_AGENTS - CONSTRAINED_AGENTS))
def test_every_agent_uses_several_workers_and_resumes(tiny: str, tmp_path: Path, name: str) -> None:
    try:
        AGENTS.load(name)
    except MissingExtraError as error:
        pytest.skip(str(error))
    whole = run(config(tiny, name, simulated_workers=4), tmp_path / "whole")
    assert len(whole.records) == whole.summary["evaluations"] == 40
    assert whole.summary["cost_s"] / 4 <= whole.summary["simulated_s"] <= whole.summary["cost_s"]
    assert whole.summary["simulated_s"] == max(record["finished_s"] for record in whole.records)
    run(config(tiny, name, simulated_workers=4), tmp_path / "cut")
    path = tmp_path / "cut" / "history.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:17]))
    again = run(config(tiny, name, simulated_workers=4), tmp_path / "cut")
    strip = {"wall_s": 0.0}
    assert [record | strip for record in again.records] == [record | strip for record in whole.records]
    if issubclass(AGENTS.load(name), AskTellAgent):
        assert whole.summary["simulated_s"] < 0.5 * whole.summary["cost_s"]


def test_an_agent_with_updates_waits_at_each(tiny: str) -> None:
    updates = 0
    history = History(Budget(evaluations=30), simulated_workers=5, learned=lambda: updates)
    env = Recorder(gym.make("awnas/NASBench201-v0", dataset=tiny), history)
    agent = RandomSearch(env, seed=0)
    for _ in range(3):
        agent.learn(total_timesteps=60)  # ten evaluations of six decisions
        updates += 1
    starts = [record["finished_s"] - record["cost_s"] for record in history.records]
    ends = [record["finished_s"] for record in history.records]
    assert starts[:5] == pytest.approx([0.0] * 5)
    for n in (10, 20):
        assert starts[n : n + 5] == pytest.approx([max(ends[:n])] * 5)
        assert min(starts[n:]) >= max(ends[:n]) - 1e-9


def test_a_budget_on_the_clock(tiny: str) -> None:
    budget = {"simulated_s": 30.0}
    one, four = (run(config(tiny, "random", budget=budget, simulated_workers=n)).records for n in (1, 4))
    assert sum(record["cost_s"] for record in one) <= 30.0
    assert max(record["finished_s"] for record in four) <= 30.0
    assert len(four) > 3 * len(one)


def test_a_policy_is_updated_until_a_budget_on_the_clock_ends(tiny: str) -> None:
    pytest.importorskip("stable_baselines3", reason="needs the extra [sb3]")
    summary = run(config(tiny, "sb3_ppo", budget={"simulated_s": 200.0}, simulated_workers=4)).summary
    assert summary["evaluations"] > 50
    assert summary["policy_updates"] >= summary["evaluations"] // 10 - 2


def test_runs_are_read_in_the_order_of_their_results(tiny: str, tmp_path: Path) -> None:
    outcome = run(config(tiny, "regularized_evolution", simulated_workers=4), tmp_path)
    (read,) = find_runs([tmp_path])
    assert read.clock_s is not None
    assert read.clock_s.tolist() == sorted(record["finished_s"] for record in outcome.records)
    assert [e.n for e in read.evaluations] != list(range(1, 41))
    incumbent = outcome.summary["incumbent"]
    assert (read.incumbent.n, read.incumbent.architecture) == (incumbent["n"], incumbent["architecture"])


def test_a_clock_needs_recorded_costs(tiny: str) -> None:
    free = {"id": "awnas/NASBench201-v0", "dataset": tiny}
    assert run(Run(environment=free, agent={"name": "random"}, budget={"evaluations": 3})).summary["simulated_s"] > 0
    pytest.importorskip("torch", reason="needs the extra [torch]")
    trained = {"id": "awnas/CNN-ENAS-v0", "channels": 4, "cells": 3}
    with pytest.raises(SettingError, match="need a table that says what each evaluation would have cost"):
        run(Run(environment=trained, agent={"name": "random"}, budget={"evaluations": 3}, simulated_workers=2))
