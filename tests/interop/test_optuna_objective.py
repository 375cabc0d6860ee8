"""Environments as objectives of Optuna, with its real samplers."""

from __future__ import annotations

import gymnasium as gym
import pytest

from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.interop.optuna_objective import OptunaObjective
from tests.toy import toy_env

optuna = pytest.importorskip("optuna", reason="needs the extra [bo]")


@pytest.fixture(autouse=True)
def quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def test_tpe_of_optuna_plays_and_is_recorded(tiny: str) -> None:
    history = History(Budget(evaluations=30))
    env = Recorder(gym.make("awnas/NASBench201-v0", dataset=tiny), history)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(OptunaObjective(env), n_trials=30)
    assert [trial.value for trial in study.trials] == [record["reward"] for record in history.records]
    played = [record["architecture"] for record in history.records]
    assert [trial.user_attrs["architecture"] for trial in study.trials] == played


def test_vectors(tiny: str) -> None:
    env = gym.make("awnas/NASBench201-MO-v0", dataset=tiny, objectives="accuracy,latency_ms")
    study = optuna.create_study(directions=["maximize"] * 2, sampler=optuna.samplers.NSGAIISampler(seed=0))
    study.optimize(OptunaObjective(env), n_trials=10)
    assert all(len(trial.values) == 2 for trial in study.trials)


def test_what_is_illegal_is_completed() -> None:
    env = toy_env("build")
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(OptunaObjective(env), n_trials=20)
    space = env.unwrapped.space
    assert all(space.parse(trial.user_attrs["architecture"]) is not None for trial in study.trials)
    wanted = [[trial.params[name] for name in space.decision_names] for trial in study.trials]
    assert any((space.complete(row) != row).any() for row in wanted)
