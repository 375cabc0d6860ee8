"""Brackets of successive halving: the published numbers, promotions, batches, saves."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from awnas_gym.agents import AGENTS
from awnas_gym.agents.halving import make_brackets, rung_fidelities
from awnas_gym.agents.hyperband import Hyperband
from awnas_gym.agents.successive_halving import SuccessiveHalving
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import BudgetExhausted, SettingError
from awnas_gym.search import Run, run
from tests.toy import TARGET, fidelity_toy_env, toy_env


def test_the_brackets_of_hyperband_on_nasbench101() -> None:
    """Eta 3 on 4, 12, 36 and 108 epochs [Li et al., JMLR 2018, algorithm 1]."""
    assert make_brackets((4, 12, 36, 108), 3) == [
        [(27, 4), (9, 12), (3, 36), (1, 108)],
        [(12, 12), (4, 36), (1, 108)],
        [(6, 36), (2, 108)],
        [(4, 108)],
    ]


def test_shares_that_are_not_whole() -> None:
    """By hand: 5 / 4 27 and 5 / 3 9 are rounded up, thirds of rungs down."""
    first = [bracket[0] for bracket in make_brackets((1, 3, 9, 27, 81), 3)]
    assert first == [(81, 1), (34, 3), (15, 9), (8, 27), (5, 81)]
    assert make_brackets((1, 3, 9, 27, 81), 3)[1] == [(34, 3), (11, 9), (3, 27), (1, 81)]


def test_rungs_are_fidelities_that_lie_apart() -> None:
    assert rung_fidelities((1, 2, 3, 4, 5, 6), 2) == [1, 3, 6]
    assert rung_fidelities((12, 200), 3) == [12, 200]
    assert rung_fidelities((5, 6), 3) == [6]


def played(agent: Any, evaluations: int, *, batch: int = 1) -> list[tuple[int, tuple[int, ...], float]]:
    """Return fidelity, architecture and reward of each evaluation, of rewards that are equal at no two."""
    rng, found = np.random.default_rng(0), []
    while len(found) < evaluations:
        rows = agent.ask(batch)
        levels, rewards = agent.fidelity, rng.random(batch)
        agent.tell(rows, rewards)
        found += list(zip(levels.tolist(), map(tuple, rows.tolist()), rewards.tolist(), strict=True))
    return found


def test_the_best_of_each_rung_go_on() -> None:
    agent = Hyperband(fidelity_toy_env(), seed=0)
    assert agent.brackets == [[(9, 1), (3, 3), (1, 9)], [(5, 3), (1, 9)], [(3, 9)]]
    found = played(agent, 22 + 13)
    assert [level for level, *_ in found] == [1] * 9 + [3] * 3 + [9] + [3] * 5 + [9] * 4 + [1] * 9 + [3] * 3 + [9]
    best = sorted(found[:9], key=lambda each: -each[2])
    assert [row for _, row, _ in found[9:12]] == [row for _, row, _ in best[:3]]
    assert found[12][1] == max(found[9:12], key=lambda each: each[2])[1]


def test_successive_halving_repeats_the_longest_bracket() -> None:
    found = played(SuccessiveHalving(fidelity_toy_env(), seed=0), 26)
    assert [level for level, *_ in found] == ([1] * 9 + [3] * 3 + [9]) * 2


def test_a_batch_that_a_rung_cannot_fill_begins_the_next_bracket() -> None:
    agent = Hyperband(fidelity_toy_env(), seed=0)
    rows = agent.ask(11)
    assert agent.fidelity.tolist() == [1] * 9 + [3] * 2
    agent.ask(2)
    assert agent.fidelity.tolist() == [3] * 2, "asked again before an answer, it goes on"
    agent.tell(rows, np.arange(11) / 11, fidelity=[1] * 9 + [3] * 2)
    promoted = agent.ask(3)
    assert agent.fidelity.tolist() == [3] * 3
    assert promoted.tolist() == rows[[8, 7, 6]].tolist()


def test_what_others_evaluated_moves_no_bracket() -> None:
    agent = Hyperband(fidelity_toy_env(), seed=0)
    agent.ask(1)
    agent.tell([TARGET] * 20, [1.0] * 20, fidelity=1)
    rows = agent.ask(8)
    assert agent.fidelity.tolist() == [1] * 8
    assert agent.best_arch.tolist() == TARGET.tolist()
    agent.tell(rows, [0.5] * 8, fidelity=9)
    assert len(agent._open[0].asked) == 9, "at another fidelity than the rung's"


@pytest.mark.parametrize("name", ["hyperband", "successive_halving", "bohb"])
def test_in_the_middle_of_a_bracket_it_is_saved_whole(name: str, tmp_path: Any) -> None:
    agent = AGENTS.load(name)(fidelity_toy_env(), seed=0)
    played(agent, 40)
    asked = agent.ask(3)
    agent.save(tmp_path)
    loaded = type(agent).load(tmp_path, fidelity_toy_env())
    assert json.dumps(loaded._state()) == json.dumps(agent._state())
    for each in (agent, loaded):
        each.tell(asked, [0.3, 0.2, 0.1])
    assert played(loaded, 30) == played(agent, 30)


@pytest.mark.parametrize("name", ["hyperband", "successive_halving", "bohb"])
def test_seconds_are_what_ends_it(name: str) -> None:
    env = Recorder(fidelity_toy_env("joint"), History(Budget(cost_s=300)))
    agent = AGENTS.load(name)(env, seed=0)
    with pytest.raises(BudgetExhausted):
        agent.learn(10**6)
    records = env.history.records
    assert {record["fidelity"] for record in records} == {1, 3, 9}
    full = [record for record in records if record["fidelity"] == 9]
    assert agent.best_reward == max(record["reward"] for record in full) >= 0.6
    assert np.mean([record["reward"] for record in full]) > 1 / 3 + 0.1, "random ones earn 1 / 3 on average"


def test_a_run_reports_the_best_at_the_highest_fidelity() -> None:
    found = run(
        Run(environment={"id": "awnas/NASBench201-v0"}, agent={"name": "hyperband"}, budget={"cost_s": 300.0}, seed=1)
    )
    full = [record for record in found.records if record["fidelity"] == 6]
    assert 0 < len(full) < len(found.records)
    assert found.summary["incumbent"]["reward"] == max(record["reward"] for record in full)


def test_fidelities_that_lie_too_close_are_refused() -> None:
    with pytest.raises(SettingError, match=r"no two of the fidelities \[1, 3, 9\] lie a factor eta=10 apart"):
        Hyperband(fidelity_toy_env(), seed=0, eta=10)
    with pytest.raises(SettingError, match="eta is a whole number from 2; got 1"):
        Hyperband(fidelity_toy_env(), seed=0, eta=1)
    with pytest.raises(SettingError, match=r"two or more fidelities; this environment has \[1\]"):
        Hyperband(toy_env(), seed=0)
