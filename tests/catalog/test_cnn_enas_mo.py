"""`awnas/CNN-ENAS-MO-v0`: shared weights by several objectives, and CARS on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.errors import MissingMetricError, SettingError, UnknownNameError
from awnas_gym.hardware import open_cost
from awnas_gym.search import Run, run
from awnas_gym.sweep import read_sweep

torch = pytest.importorskip("torch", reason="shared weights need torch: pip install 'awnas-gym[torch]'")

ID = "awnas/CNN-ENAS-MO-v0"
SMALL: dict[str, Any] = {
    "space": "nasbench201",
    "channels": 2,
    "cells": 1,
    "batch_size": 20,
    "eval_batch_size": 25,
    "action_mode": "joint",
}


def test_rewards_are_the_metrics_of_the_scalar_environment_and_costs() -> None:
    env, scalar = gym.make(ID, **SMALL), gym.make("awnas/CNN-ENAS-v0", **SMALL)
    cost = open_cost("eyeriss", env.unwrapped.space)
    assert env.unwrapped.objectives == ("valid_accuracy", "energy_mj")
    assert env.unwrapped.reference is None
    env.reset(seed=0)
    scalar.reset(seed=0)
    for arch in env.unwrapped.space.sample(np.random.default_rng(0), 4):
        _, reward, _, _, info = env.step(arch)
        assert reward.tolist() == [scalar.step(arch)[1], -cost(arch[None])["energy_mj"][0]]
        assert info["metrics"]["energy_mj"] == -reward[1]
        assert env.unwrapped.reward_space.contains(reward)
        env.reset()
        scalar.reset()


def test_keywords_that_are_refused() -> None:
    for keywords, error, message in (
        ({"objectives": "accuracy,energy"}, UnknownNameError, "Did you mean 'energy_mj'"),
        ({"objectives": "accuracy,params"}, MissingMetricError, "needs params"),
        ({"hardware": "eyeris"}, UnknownNameError, "Did you mean 'eyeriss'"),
        ({"action_mode": "edit"}, UnknownNameError, "Known: build, joint"),
        ({"channels": "many"}, SettingError, "CNN-ENAS-MO-v0: channels is 'many'; it should be int"),
    ):
        with pytest.raises(error, match=message):
            gym.make(ID, **{**SMALL, **keywords})


def test_cars_searches_and_ends_the_same_after_a_stop(tmp_path: Path) -> None:
    pytest.importorskip("pymoo", reason="needs the extra [mo]")
    agent = {"name": "cars", "population_size": 4, "revisit": True}
    config = Run(environment={"id": ID, **SMALL}, agent=agent, budget={"evaluations": 24})
    whole = run(config, tmp_path / "whole", checkpoint_every=5)
    archs = [record["architecture"] for record in whole.records]
    assert set(archs[4:8]) == set(archs[:4]), "the first survivors are seen again"
    assert whole.summary["incumbent"] is None
    assert 1 <= len(whole.summary["front"]) <= 24
    run(config, tmp_path / "cut", checkpoint_every=5)
    path = tmp_path / "cut" / "history.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:22]))
    (tmp_path / "cut" / "summary.json").unlink()
    resumed = run(config, tmp_path / "cut", checkpoint_every=5)
    assert [(r["architecture"], r["reward"]) for r in resumed.records] == [
        (r["architecture"], r["reward"]) for r in whole.records
    ]


def test_the_example_fits() -> None:
    pytest.importorskip("pymoo", reason="needs the extra [mo]")
    sweep = read_sweep(Path(__file__).resolve().parents[2] / "examples" / "cars.yaml")
    assert sweep.agents[0]["revisit"] is True
    assert sweep.environment["id"] == ID
