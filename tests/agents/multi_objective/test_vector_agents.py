"""Agents for vector rewards: selection by hand, children that are new, fronts, runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.agents import AGENTS, VECTOR_AGENTS
from awnas_gym.agents.multi_objective.pareto_evolution import ParetoEvolution
from awnas_gym.agents.random_search import RandomSearch
from awnas_gym.derivation import Scorer, open_run, ranked
from awnas_gym.errors import AgentError, MissingExtraError, SettingError, UnknownNameError
from awnas_gym.pareto import non_dominated, scaled_hypervolume
from awnas_gym.search import Run, run
from awnas_gym.sweep import Sweep
from tests.toy import Spy, toy_env, vector_toy_env

HEARING = [*sorted(VECTOR_AGENTS), "random"]


def load(name: str) -> Any:
    try:
        return AGENTS.load(name)
    except MissingExtraError as error:
        pytest.skip(str(error))


def learned(name: str, evaluations: int = 60, **settings: Any) -> tuple[Any, Spy]:
    spy = Spy(vector_toy_env("joint", constrained=False))
    return load(name)(spy, seed=0, **settings).learn(evaluations), spy


# -------------------------------------------------------------------- fronts


@pytest.mark.parametrize("name", HEARING)
def test_the_front_is_that_of_all_rewards(name: str) -> None:
    agent, spy = learned(name)
    rewards, archs = np.array(spy.rewards), np.array(spy.archs)
    assert rewards.shape == (60, 2)
    best = non_dominated(rewards)
    assert {tuple(row) for row in agent.front.archs.tolist()} == {tuple(row) for row in archs[best].tolist()}
    assert {tuple(row) for row in agent.front.rewards.tolist()} == {tuple(row) for row in rewards[best].tolist()}
    short = (agent.front.rewards.max(axis=0) - agent.front.rewards) / np.ptp(agent.front.rewards, axis=0)
    place = int(short.max(axis=1).argmin())
    assert agent.best_arch.tolist() == agent.front.archs[place].tolist()
    assert agent.best_reward == agent.front.rewards[place].tolist()
    proposed = agent.propose(100, seed=0)
    assert proposed[0].tolist() == agent.best_arch.tolist()
    assert len(proposed) == len(agent.front)
    assert len(agent.propose(2, seed=0)) == 2


@pytest.mark.parametrize("name", sorted(VECTOR_AGENTS))
def test_nothing_is_asked_for_twice_while_there_is_something_new(name: str) -> None:
    settings = {"initial": 10} if name == "pareto_evolution" else {"population_size": 10}
    _, spy = learned(name, evaluations=150, **settings)  # of 288 architectures
    assert len(set(spy.archs)) >= 148
    agent, _ = learned(name, evaluations=40, batch=8, **settings)
    asked = agent.ask(8)
    assert len({row.tobytes() for row in asked}) == 8


@pytest.mark.parametrize("name", sorted(VECTOR_AGENTS))
def test_they_find_more_than_random_architectures(name: str) -> None:
    pytest.importorskip("moocore", reason="needs the extra [mo]")
    settings = {"initial": 20} if name == "pareto_evolution" else {"population_size": 20}
    env = vector_toy_env("joint", constrained=False)
    ideal, nadir = env.ideal, env.nadir
    found = {}
    for who, keywords in ((name, settings), ("random", {})):
        fronts = [learned_on(who, seed, **keywords).front.rewards for seed in range(5)]
        found[who] = np.mean([scaled_hypervolume(front, ideal, nadir) for front in fronts])
    assert found[name] > found["random"] + 0.02


def learned_on(name: str, seed: int, **settings: Any) -> Any:
    return load(name)(vector_toy_env("joint", constrained=False), seed=seed, **settings).learn(120)


# -------------------------------------------------------------------- selection


def test_whole_fronts_survive_and_of_the_last_one_those_with_room() -> None:
    population = pytest.importorskip("awnas_gym.agents.multi_objective.population", reason="needs the extra [mo]")
    rewards = np.array([[0.0, 10.0], [10.0, 0.0], [5.0, 5.0], [5.1, 4.9], [1.0, 1.0], [-1.0, 9.0]])
    archs = np.arange(6)[:, None].astype(np.int8)
    rng = np.random.default_rng(0)
    chosen = population.Population(archs, rewards).select(5, rng)
    assert sorted(chosen.archs.ravel().tolist()[:4]) == [0, 1, 2, 3]
    assert chosen.ranks.tolist() == [0, 0, 0, 0, 1]
    assert np.isinf(chosen.crowding[np.isin(chosen.archs.ravel(), [0, 1])]).all()
    fewer = population.Population(archs, rewards).select(3, rng)
    assert {0, 1} < set(fewer.archs.ravel().tolist())
    np.testing.assert_array_equal(fewer.rewards, rewards[fewer.archs.ravel()])


def test_a_state_is_json_and_comes_back() -> None:
    population = pytest.importorskip("awnas_gym.agents.multi_objective.population", reason="needs the extra [mo]")
    space = toy_env().space
    archs = space.sample(np.random.default_rng(0), 8)
    before = population.Population(archs, np.random.default_rng(1).random((8, 2))).select(6, np.random.default_rng(0))
    after = population.Population.restored(json.loads(json.dumps(before.state())), space)
    for name in ("archs", "rewards", "ranks", "crowding"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
        assert getattr(after, name).dtype == getattr(before, name).dtype


@pytest.mark.parametrize(("ranks", "crowding"), [([1, 0], [9.0, 0.1]), ([0, 0], [0.1, 9.0]), ([0, 0], [0.1, np.inf])])
def test_tournaments_are_won_by_the_better_front_and_then_by_room(ranks: list[int], crowding: list[float]) -> None:
    population = pytest.importorskip("awnas_gym.agents.multi_objective.population", reason="needs the extra [mo]")
    agent = load("nsga2")(vector_toy_env("joint", constrained=False), seed=0)
    archs = agent.space.sample(np.random.default_rng(0), 2)
    agent._parents = population.Population(archs, np.zeros((2, 2)), np.array(ranks), np.array(crowding))
    won = np.mean([agent._parent().tolist() == archs[1].tolist() for _ in range(400)])
    assert won == pytest.approx(0.75, abs=0.07), "it wins against the other, and is drawn twice in a quarter"


def test_pareto_evolution_mutates_the_front() -> None:
    agent = ParetoEvolution(vector_toy_env("joint", constrained=False), seed=0, initial=5).learn(5)
    front = agent.front.archs
    for child in np.concatenate([agent.sample(1, seed=seed) for seed in range(30)]):
        assert ((front != child).sum(axis=1) <= 2).any(), "one decision, or one more where that one is known"


@pytest.mark.parametrize("revisit", [True, False])
def test_cars_protects_what_grows(revisit: bool) -> None:
    """Every child is better than every survivor, but one of these rose since it was last seen."""
    agent = load("cars")(vector_toy_env("joint", constrained=False), seed=0, population_size=4, revisit=revisit)
    first = agent.ask(4)
    agent.tell(first, [[0.5, -9.0], [0.4, -8.0], [0.3, -7.0], [0.2, -6.0]])
    survivors, rewards = agent.population.archs, agent.population.rewards.copy()
    assert {row.tobytes() for row in survivors} == {row.tobytes() for row in first}
    asked = agent.ask(8 if revisit else 4)
    children = [[0.9, -1.0], [0.8, -0.9], [0.7, -0.8], [0.6, -0.7]]
    rewards[2, 0] += 0.2
    if revisit:
        np.testing.assert_array_equal(asked[:4], survivors)
    agent.tell(asked, [*rewards.tolist(), *children] if revisit else children)
    assert len(agent.population) == 4
    kept = {row.tobytes() for row in agent.population.archs}
    assert (survivors[2].tobytes() in kept) == revisit
    assert len(kept & {row.tobytes() for row in survivors}) == revisit
    assert (rewards[2].tolist() in agent.population.rewards.tolist()) == revisit, "the newest number counts"


@pytest.mark.parametrize("name", ["nsga2", "cars"])
def test_without_pymoo_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for module in [each for each in sys.modules if each.startswith(("pymoo", "awnas_gym.agents.multi_objective."))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "pymoo", None)
    with pytest.raises(MissingExtraError, match=r"pymoo.* is not installed.*awnas-gym\[mo\]"):
        AGENTS.load(name)
    assert AGENTS.load("pareto_evolution")


# -------------------------------------------------------------------- rewards that do not fit


def test_numbers_and_vectors_are_not_mixed_up() -> None:
    with pytest.raises(SettingError, match="ParetoEvolution hears vectors, and rewards here are numbers"):
        ParetoEvolution(toy_env(), seed=0)
    agent = RandomSearch(vector_toy_env("joint"), seed=0)
    with pytest.raises(AgentError, match=r"need rewards of shape \[2, 2\]; got \[2\]"):
        agent.tell(agent.ask(2), [1.0, 2.0])
    with pytest.raises(AgentError, match="rewards are finite numbers"):
        agent.tell(agent.ask(1), [[1.0, np.nan]])
    assert agent.evaluations == 0

    class Short(gym.RewardWrapper):
        def reward(self, reward: Any) -> Any:
            return reward[:1]

    with pytest.raises(AgentError, match="a reward is 2 numbers; the environment gave"):
        RandomSearch(Short(vector_toy_env("joint")), seed=0).learn(1)


def test_linear_reward_makes_numbers_of_vectors() -> None:
    wrappers = pytest.importorskip("mo_gymnasium.wrappers", reason="needs the extra [mo]")
    env = wrappers.LinearReward(vector_toy_env("joint"), np.array([1.0, 0.01]))
    agent = AGENTS.load("regularized_evolution")(env, seed=0).learn(20)
    assert isinstance(agent.best_reward, float)
    with pytest.raises(SettingError, match="rewards here are numbers"):
        ParetoEvolution(env, seed=0)


# -------------------------------------------------------------------- runs


def config(tiny: str, agent: str, evaluations: int = 60, **environment: Any) -> Run:
    given = {"id": "awnas/NASBench201-MO-v0", "dataset": tiny, "objectives": "accuracy,latency_ms", **environment}
    return Run(environment=given, agent={"name": agent}, budget={"evaluations": evaluations})


@pytest.mark.parametrize("name", HEARING)
def test_the_incumbent_of_a_run_is_its_front(tiny: str, tmp_path: Path, name: str) -> None:
    load(name)
    outcome = run(config(tiny, name), tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary == outcome.summary
    assert summary["incumbent"] is None
    assert summary["objectives"] == ["valid_accuracy", "latency_ms"]
    rewards = np.array([record["reward"] for record in outcome.records])
    known = np.array(["missing" not in record for record in outcome.records])
    expected = np.unique(rewards[known][non_dominated(rewards[known])], axis=0)
    found = np.array([member["reward"] for member in summary["front"]])
    np.testing.assert_array_equal(np.unique(found, axis=0), expected)
    assert (np.diff(found[:, 0]) >= 0).all()
    assert {"test_accuracy", "valid_accuracy", "latency_ms"} <= set(summary["front"][0]["report"])
    assert set(summary["reference"]) == {"ideal", "nadir", "front"}
    opened = open_run(tmp_path)
    best = [opened.space.genotype(row) for row in opened.best]
    assert set(best) <= {member["architecture"] for member in summary["front"]}
    archs, sources = opened.propose(4, seed=0)
    assert sources[0] == "history"
    scores = [Scorer(opened)(row) for row in archs]
    assert all(isinstance(score.reward, list) for score in scores)
    firsts = [scores[i].reward[0] for i in ranked(scores)]
    assert firsts == sorted(firsts, reverse=True)


def test_an_agent_for_numbers_is_refused_before_anything_runs(tiny: str) -> None:
    environment = config(tiny, "random").environment
    for name, error in (("regularized_evolution", SettingError), ("nsga", UnknownNameError)):
        with pytest.raises(error, match=r"rewards here are vectors|Did you mean 'nsga2'"):
            Sweep(environment=environment, agents=[{"name": name}], budget={"evaluations": 3})


def test_the_front_of_the_embedded_table(tmp_path: Path) -> None:
    pytest.importorskip("pymoo", reason="needs the extra [mo]")
    environment = {"id": "awnas/NASBench201-MO-v0", "action_mode": "joint", "objectives": "accuracy,latency_ms"}
    shares = {}
    for name in ("nsga2", "random"):
        outcome = run(Run(environment=environment, agent={"name": name}, budget={"evaluations": 600}))
        scale = outcome.summary["reference"]["ideal"], outcome.summary["reference"]["nadir"]
        rewards = [member["reward"] for member in outcome.summary["front"]]
        exact = scaled_hypervolume(outcome.summary["reference"]["front"], *scale)
        shares[name] = scaled_hypervolume(rewards, *scale) / exact
    assert 1.0 >= shares["nsga2"] > 0.97 > shares["random"]
