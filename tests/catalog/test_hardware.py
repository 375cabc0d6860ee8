"""The keyword `hardware`: what networks cost joins what a benchmark records."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.catalog import ENVIRONMENTS, RELAXED
from awnas_gym.errors import MissingLayerError, MissingMetricError, RunFolderError, SettingError, UnknownNameError
from awnas_gym.hardware import LayerSum, LayerTable, deployed, layers_of, open_device
from awnas_gym.search import Run, run
from awnas_gym.spaces import SPACES
from awnas_gym.testing import check_env

ID = "awnas/NASBench201-v0"


def test_metrics_of_the_device_are_in_info_and_reward() -> None:
    env: Any = gym.make(ID, hardware="eyeriss", objective="energy_mj", action_mode="joint").unwrapped
    env.reset(seed=0)
    cell = np.array([3, 1, 4, 2, 1, 3])
    _, reward, _, _, info = env.step(cell)
    cost = LayerSum(env.space, open_device("eyeriss"))(cell)
    assert info["metrics"]["energy_mj"] == cost["energy_mj"][0] == -reward
    assert info["metrics"]["latency_ms"] == cost["latency_ms"][0]  # in place of the table's
    assert {"valid_accuracy", "params", "macs"} < set(info["metrics"])
    assert (
        env.judge.reference["best"]
        == -LayerSum(env.space, open_device("eyeriss"))(env.space.enumerate())["energy_mj"].min()
    )
    check_env(env)


def test_vector_and_multi_objective_environments_have_them_too() -> None:
    envs: Any = gym.make_vec(ID, num_envs=3, vectorization_mode="vector_entry_point", hardware="eyeriss",
                             objective="energy_mj", action_mode="joint")  # fmt: skip
    envs.reset(seed=0)
    actions = np.array([[0] * 6, [1] * 6, [3] * 6])
    _, rewards, *_ = envs.step(actions)
    assert (-rewards).tolist() == LayerSum(envs.unwrapped.space, open_device("eyeriss"))(actions)["energy_mj"].tolist()
    twin: Any = gym.make("awnas/NASBench201-MO-v0", hardware="eyeriss", objectives="accuracy,energy_mj").unwrapped
    costs = LayerSum(twin.space, open_device("eyeriss"))(twin.pareto_set())["energy_mj"]
    assert [-point[1] for point in twin.pareto_front()] == costs.tolist()


def test_what_is_wrong_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path))
    with pytest.raises(UnknownNameError, match="Did you mean 'eyeriss'"):
        gym.make(ID, hardware="eyeris")
    with pytest.raises(MissingMetricError, match="needs energy_mj"):
        gym.make(ID, hardware="roofline-v100", objective="energy_mj")
    with pytest.raises(SettingError, match="hardware"):
        gym.make(ID, hardware=3)
    space: Any = SPACES.load("nasbench201")()
    rows = {layer: {"latency_ms": 1.0} for layer in layers_of(space)}
    LayerTable("mine", rows, {"device": "mine"}).write(tmp_path / "mine.csv")
    with pytest.raises(MissingLayerError, match="was not measured on mine"):
        gym.make(ID, hardware=str(tmp_path / "mine.csv"))  # the embedded table is of smaller networks


def test_a_run_knows_on_which_numbers_it_was(tmp_path: Path) -> None:
    environment = {"id": ID, "hardware": "eyeriss", "objective": "energy_mj"}
    config = Run(environment=environment, agent={"name": "random"}, budget={"evaluations": 5}, seed=0)
    outcome = run(config, tmp_path / "run")
    assert outcome.summary["incumbent"]["report"]["energy_mj"] == pytest.approx(-outcome.summary["incumbent"]["reward"])
    assert "eyeriss" in (tmp_path / "run" / "config.yaml").read_text()


OTHERWISE = {"awnas/NASBench201-Context-v0", "awnas/NASBenchGraph-v0", "awnas/NASBenchGraph-MO-v0"}
"""Ids whose devices are contexts, and those without layers."""


@pytest.mark.parametrize("id_", [id_ for id_ in ENVIRONMENTS if id_.startswith("awnas/") and id_ not in OTHERWISE])
def test_every_environment_with_layers_has_the_keyword(id_: str) -> None:
    assert "hardware" in inspect.signature(ENVIRONMENTS.load(id_)).parameters


def test_mixtures_have_an_expected_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="mixtures of networks need torch: pip install 'awnas-gym[torch]'")
    assert "awnas/FBNet-v0" in RELAXED
    settings = {"channels": 4, "cells": 2} | {"max_steps": 2, "batch_size": 4, "eval_batch_size": 4}
    env: Any = gym.make(
        "awnas/CNN-DARTS-v0", space="nasbench201", hardware="eyeriss", cost="latency_ms",
        objective="loss_plus_cost", **settings,
    ).unwrapped  # fmt: skip
    space, cost = env.space, env._cost
    archs = space.sample(np.random.default_rng(3), 100)
    exact = LayerSum(space, open_device("eyeriss"))(archs)["latency_ms"]
    expected = np.array([cost(space.relax(arch)) for arch in archs])
    assert np.abs(expected - exact).max() < 0.15 * exact.mean()  # shared ReLUs and sums are a mean
    assert np.corrcoef(expected, exact)[0, 1] > 0.99
    (tmp_path / "home" / "hardware").mkdir(parents=True)
    (tmp_path / "home" / "hardware" / "fitted.json").write_text("{}")
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    with pytest.raises(
        SettingError, match="fitted is a model of whole networks; what mixtures cost is said by devices"
    ):
        gym.make("awnas/CNN-DARTS-v0", hardware="fitted", cost="latency_ms")
    for wrong, reason in (({"cost": "energy"}, "is not known of eyeriss"), ({"lookup": "x.txt"}, "not from both")):
        with pytest.raises(SettingError, match=reason):
            gym.make("awnas/CNN-DARTS-v0", **{"hardware": "eyeriss", "cost": "latency_ms", **wrong})


def test_a_run_of_mixtures_is_not_resumed_on_other_numbers(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="mixtures of networks need torch: pip install 'awnas-gym[torch]'")
    space: Any = SPACES.load("nasbench201")(channels=4, cells=1, image_channels=1, image_size=14)
    device = tmp_path / "mine.csv"
    environment = {
        "id": "awnas/CNN-DARTS-v0", "space": "nasbench201", "channels": 4, "cells": 1, "hardware": str(device),
        "cost": "latency_ms", "objective": "loss_plus_cost", "max_steps": 4, "warmup_steps": 0, "batch_size": 4,
        "eval_batch_size": 4,
    }  # fmt: skip
    config = Run(environment=environment, agent={"name": "darts"}, budget={"evaluations": 2}, seed=0)
    LayerTable("mine", {layer: {"latency_ms": 1.0} for layer in layers_of(space)}, {}).write(device)
    found = run(config, tmp_path / "run").summary["incumbent"]
    layers = space.layers(space.parse(found["architecture"]))
    assert found["report"]["latency_ms"] == len(deployed(layers))
    LayerTable("mine", {layer: {"latency_ms": 2.0} for layer in layers_of(space)}, {}).write(device)
    with pytest.raises(RunFolderError, match="table"):
        run(config, tmp_path / "run")
