"""What every agent of mixtures has to do, beside `check_agent`: runs that are resumed, and that learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.agents import AGENTS, RELAXED_AGENTS
from awnas_gym.agents.regularized_evolution import RegularizedEvolution
from awnas_gym.errors import MissingExtraError, SettingError
from awnas_gym.search import Run, run
from awnas_gym.testing.mixtures import mixtures_env
from tests.toy import toy_env

every_agent = pytest.mark.parametrize("name", sorted(RELAXED_AGENTS))
ID = "tests/Mixtures-v0"


@pytest.fixture(autouse=True)
def _registered() -> Any:
    gym.register(ID, entry_point=mixtures_env)
    yield
    del gym.registry[ID]


def load(name: str) -> Any:
    try:
        return AGENTS.load(name)
    except MissingExtraError as error:
        pytest.skip(str(error))


def comparable(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in record.items() if key not in {"wall_s", "cost_s"}} for record in records]


@every_agent
@pytest.mark.parametrize("lines", [0, 7, 12])
def test_resume_gives_the_history_of_an_unbroken_run(name: str, lines: int, tmp_path: Path) -> None:
    load(name)
    config = Run(environment={"id": ID}, agent={"name": name}, budget={"evaluations": 100})
    whole = run(config, tmp_path / "whole", checkpoint_every=5)
    assert len(whole.records) == 29  # of 60 phases, 2 of them to warm up
    run(config, tmp_path / "cut", checkpoint_every=5)
    path = tmp_path / "cut" / "history.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))
    for folder in (tmp_path / "cut" / "weights").iterdir():
        if int(folder.name) > lines:  # later ones a kill would have prevented
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()
    (tmp_path / "cut" / "summary.json").unlink()
    resumed = run(config, tmp_path / "cut", checkpoint_every=5)
    assert comparable(resumed.records) == comparable(whole.records)
    assert [json.loads(line) for line in path.read_text().splitlines()] == resumed.records
    assert resumed.summary["incumbent"] == whole.summary["incumbent"]


@every_agent
def test_other_kinds_are_refused(name: str) -> None:
    with pytest.raises(SettingError, match=r"plays mixtures, e\.g\. awnas/CNN-DARTS-v0"):
        load(name)(toy_env("build"), seed=0)


@every_agent
def test_a_loaded_agent_goes_on_as_if_it_had_never_stopped(name: str, tmp_path: Path) -> None:
    kind = load(name)
    whole = kind(mixtures_env(), seed=0).learn(60)
    env = mixtures_env()
    half = kind(env, seed=0).learn(30)
    half.save(tmp_path)
    again = kind.load(tmp_path, env)
    again._episode = half._episode  # the environment is in the middle of one
    again.learn(30)
    for deterministic in (True, False):
        observation, _ = mixtures_env().reset(seed=0)
        one, two = (each.predict(observation, deterministic=deterministic)[0] for each in (whole, again))
        assert np.array_equal(one, two)
    assert again.policy_updates == whole.policy_updates


@pytest.mark.parametrize("name", ["random", "regularized_evolution", "sb3_ppo", "sb3_a2c"])
def test_agents_that_do_not_know_gradients_play_too(name: str) -> None:
    agent = load(name)(mixtures_env(), seed=0)
    heard: list[float] = []
    agent.learn(60, lambda _agent, _arch, reward: heard.append(reward))
    assert len(heard) >= 19
    agent.space.check(agent.propose(2, seed=0))


def test_evolution_of_ones_and_zeros_gets_better() -> None:
    heard: list[float] = []
    env = mixtures_env(max_steps=1200)
    RegularizedEvolution(env, seed=0).learn(1200, lambda _agent, _arch, reward: heard.append(reward))
    loss = env.judge.evaluator.goal.size * -np.array(heard) / 0.99 ** np.arange(3, 3 + len(heard))
    assert loss[-50:].mean() < loss[:50].mean()
