"""The multiplier: by hand, when it rises and falls, and after a stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.agents.lagrangian import Lagrangian, LagrangianReward
from awnas_gym.errors import AgentError, SettingError, UnknownNameError
from awnas_gym.search import Run, run
from tests.toy import TARGET, limited_toy_env, toy_env

# A row of the toy costs 1 + the sum of its choices; legal up to 3, the violation is cost / 3 - 1.
ROWS = np.array([[2, 3, 1, 0, 2], [0, 1, 0, 1, 0], [0, 1, 0, 1, 2], [1, 0, 1, 0, 1]])
VIOLATIONS = [2.0, 0.0, 2 / 3, 1 / 3]
ACCURACIES = [1.0, 0.0, 0.2, 0.4]


def priced(**settings: Any) -> LagrangianReward:
    env = LagrangianReward(limited_toy_env("joint", target=3.0), **settings)
    env.reset(seed=0)
    return env


def earned(env: gym.Env, rows: np.ndarray) -> list[float]:
    rewards = []
    for row in rows:
        env.reset()
        rewards.append(env.step(row)[1])
    return rewards


def test_the_price_is_the_multiplier_times_the_violation() -> None:
    env = priced(initial=0.5, window=100)
    assert earned(env, ROWS) == pytest.approx([a - 0.5 * v for a, v in zip(ACCURACIES, VIOLATIONS, strict=True)])


def test_the_multiplier_follows_the_mean_cost() -> None:
    env = priced(rate=0.3, limit=0.5, window=2)
    assert np.isnan(env.mean_cost)
    earned(env, ROWS[:2])
    assert (env.mean_cost, env.multiplier) == (1.0, pytest.approx(0.3 * (1.0 - 0.5)))
    rewards = earned(env, ROWS[2:])
    assert rewards == pytest.approx([0.2 - 0.15 * 2 / 3, 0.4 - 0.15 / 3]), "both pay what was the price before"
    assert env.multiplier == pytest.approx(0.15)  # the mean is the limit
    earned(env, ROWS[[1, 1]])
    assert env.multiplier == pytest.approx(0.0), "it falls below the limit"
    earned(env, ROWS[[1, 1]])
    assert env.multiplier == 0.0, "and never below 0"
    assert env.mean_cost == 0.0


def test_nothing_is_paid_before_the_end() -> None:
    env = LagrangianReward(limited_toy_env("build", target=3.0), initial=1.0)
    env.reset(seed=0)
    assert [env.step(choice)[1] for choice in TARGET] == [0.0, 0.0, 0.0, 0.0, 1.0 - 2.0]


def test_settings_that_are_refused() -> None:
    with pytest.raises(SettingError, match=r"needs a constraint.*objective='constrained\(cost=latency_ms, target=…\)'"):
        LagrangianReward(toy_env())
    with pytest.raises(SettingError, match="needs a constraint"):
        LagrangianReward(gym.make("CartPole-v1"))
    with pytest.raises(SettingError, match="'build' or 'joint', not 'edit'"):
        LagrangianReward(limited_toy_env("edit"))
    for settings, message in (
        ({"rate": 0}, "rate is a number above 0; got 0"),
        ({"limit": -1}, "limit is a number from 0; got -1"),
        ({"initial": "high"}, "initial is a number from 0; got 'high'"),
        ({"window": 0}, "window is a whole number from 1; got 0"),
    ):
        with pytest.raises(SettingError, match=message):
            priced(**settings)
    for settings, error, message in (
        ({"agent": "reinforze"}, UnknownNameError, "Did you mean 'reinforce'"),
        ({"agent": "lagrangian"}, UnknownNameError, "No agent to play under a multiplier named 'lagrangian'"),
        ({"agent": "darts"}, UnknownNameError, "named 'darts'"),
        ({"settings": {"learning_rat": 1}}, SettingError, "agent reinforce: .*Did you mean 'learning_rate'"),
        ({"settings": 3}, SettingError, "settings are those of reinforce, a mapping; got 3"),
    ):
        with pytest.raises(error, match=message):
            Lagrangian(limited_toy_env(), seed=0, **settings)


def test_an_evaluation_without_a_cost_is_an_error() -> None:
    class Costless(gym.Wrapper):
        def step(self, action: Any) -> Any:
            *result, info = super().step(action)
            info.pop("cost", None)
            return *result, info

    env = LagrangianReward(Costless(limited_toy_env("joint")))
    env.reset(seed=0)
    with pytest.raises(AgentError, match=r"no info\['cost'\] beside an evaluation"):
        env.step(TARGET)


def test_what_is_saved_goes_on(tmp_path: Path) -> None:
    agent = Lagrangian(limited_toy_env(target=3.0), seed=0, agent="reinforce", window=4, rate=0.5).learn(30 * 5)
    agent.save(tmp_path)
    loaded = Lagrangian.load(tmp_path, limited_toy_env(target=3.0))
    assert loaded.priced.get_multiplier_state() == agent.priced.get_multiplier_state()
    assert loaded.priced.multiplier > 0
    assert len(agent.priced.get_multiplier_state()["costs"]) == 2
    assert json.dumps(loaded.learn(20 * 5).player._state()) == json.dumps(agent.learn(20 * 5).player._state())
    assert loaded.statistics == agent.statistics
    assert set(agent.statistics) == {"baseline", "multiplier", "mean_cost"}


def test_a_policy_learns_to_keep_the_constraint(tiny: str) -> None:
    """Without a price it goes for accuracy alone."""
    found = {}
    for name, agent in (("free", {"name": "reinforce"}), ("priced", {"name": "lagrangian", "rate": 0.5})):
        environment = {"id": "awnas/NASBench201-v0", "objective": "constrained(target=0.2)", "action_mode": "joint"}
        outcome = run(Run(environment=environment, agent=agent, budget={"evaluations": 600}))
        found[name] = np.array([[line["violation"], line["reward"]] for line in outcome.records[400:]])
    assert found["free"][:, 0].mean() > 0.3
    assert found["priced"][:, 0].mean() < 0.1
    assert found["priced"][:, 1].mean() > 0.65


@pytest.mark.parametrize("player", ["reinforce", "sb3_ppo"])
def test_a_run_that_was_stopped_ends_as_an_unbroken_one(tiny: str, tmp_path: Path, player: str) -> None:
    if player == "sb3_ppo":
        pytest.importorskip("stable_baselines3", reason="needs the extra [sb3]")
    environment = {"id": "awnas/NASBench201-v0", "dataset": tiny, "objective": "constrained(target=0.15)"}
    agent = {"name": "lagrangian", "agent": player, "rate": 2.0}
    config = Run(environment=environment, agent=agent, budget={"evaluations": 60})
    whole = run(config, tmp_path / "whole")
    run(config, tmp_path / "cut")
    path = tmp_path / "cut" / "history.jsonl"
    path.write_bytes(path.read_bytes()[:9000])
    (tmp_path / "cut" / "summary.json").unlink()
    resumed = run(config, tmp_path / "cut")
    assert [r["architecture"] for r in resumed.records] == [r["architecture"] for r in whole.records]
    logs = [(tmp_path / name / "agent.jsonl").read_text() for name in ("whole", "cut")]
    assert logs[0] == logs[1]
    multipliers = [json.loads(line)["multiplier"] for line in logs[0].splitlines()]
    assert multipliers[-1] > 0
    assert multipliers[0] < max(multipliers)
