"""`awnas/Scratch-v0`: architectures are trained while an agent plays, in batches where there are workers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym import search
from awnas_gym.data import DATASETS
from awnas_gym.envs import Budget, History, VectorRecorder
from awnas_gym.errors import BudgetExhausted, MissingMetricError, RunFolderError, SettingError, UnknownNameError
from awnas_gym.tables import Row
from awnas_gym.testing import check_env

pytest.importorskip("torch", reason="training needs torch: pip install 'awnas-gym[torch]'")

ID = "awnas/Scratch-v0"
TINY: dict[str, Any] = {"dataset": "small_images", "channels": 2, "epochs": 2, "batch_size": 40, "action_mode": "joint"}
EMBEDDED: dict[str, Any] = {**TINY, "dataset": "fashion14", "epochs": 1, "batch_size": 500}
"""Of a data set that worker processes know too."""
ARCHS = np.array([[3, 1, 2, 2, 4, 3], [1, 0, 4, 2, 0, 1], [4, 4, 1, 1, 1, 2]])


@pytest.fixture(scope="module", autouse=True)
def small_images() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS._rows, "small_images", Row("tests.evaluators.small_images:small_images", "stripes"))
        yield
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many architectures each call of the evaluator has trained from now on."""
    from awnas_gym.workers import Here

    sizes: list[int] = []
    real = Here.run

    def watched(self: Here, given: Any) -> Any:
        jobs = list(given)
        if jobs:
            sizes.append(len(jobs))
        return real(self, jobs)

    monkeypatch.setattr(Here, "run", watched)
    return sizes


def make(**keywords: Any) -> Any:
    return gym.make(ID, **{**TINY, **keywords})


@pytest.mark.parametrize(
    "keywords",
    [
        {"action_mode": "build", "trials": 2},
        {"action_mode": "edit", "edits": 3},
        {"space": "enas", "cells": 1, "fidelity": 1, "objective": "valid_loss", "split": "valid"},
    ],
)
def test_environments_keep_the_contract(keywords: dict[str, Any]) -> None:
    env = make(**keywords)
    assert env.spec.nondeterministic
    check_env(env)


def test_the_agent_sees_the_metrics_of_its_split() -> None:
    env = make()
    env.reset(seed=0)
    _, reward, *_, info = env.step(ARCHS[0])
    assert info["metrics"].keys() == {"valid_accuracy", "valid_loss", "params", "macs"}
    assert reward == info["metrics"]["valid_accuracy"]
    assert info["cost_s"] > 0
    report = env.unwrapped.report(ARCHS[0])
    assert report["test_accuracy"] > 0


def test_a_score_does_not_depend_on_the_seed_of_the_environment() -> None:
    found = []
    for seed in (0, 1):
        env = make()
        env.reset(seed=seed)
        found.append(env.step(ARCHS[0])[4]["metrics"])
    assert found[0] == found[1]


def test_the_vector_environment_hands_the_evaluator_a_batch(jobs: list[int]) -> None:
    envs = gym.make_vec(ID, num_envs=3, **TINY)
    envs.reset(seed=0)
    _, together, *_ = envs.step(ARCHS)
    assert jobs == [3]
    env = make()
    for arch, reward in zip(ARCHS, together, strict=True):
        env.reset(seed=0)
        assert env.step(arch)[1] == reward


def test_a_recorded_vector_environment_trains_what_the_history_wants(jobs: list[int], tmp_path: Path) -> None:
    """What the file holds is not trained again, and what is over the budget is not trained."""

    def play(budget: int) -> History:
        history = History(Budget(evaluations=budget), tmp_path / "history.jsonl")
        envs = VectorRecorder(gym.make_vec(ID, num_envs=3, **TINY), history)
        envs.reset(seed=0)
        if budget < 3:
            with pytest.raises(BudgetExhausted):
                envs.step(ARCHS)
        else:
            envs.step(ARCHS)
        history.close()
        return history

    first = play(2)
    assert jobs == [2]
    second = play(3)
    assert jobs == [2, 1]
    assert [r["metrics"] for r in second.records[:2]] == [r["metrics"] for r in first.records]


def run(
    folder: Path | None, *, agent: dict[str, Any], evaluations: int = 5, on_record: Any = None, **keywords: Any
) -> Any:
    environment = {"id": ID, **keywords}
    config = search.Run(environment=environment, agent=agent, budget={"evaluations": evaluations}, seed=1)
    return search.run(config, folder, on_record=on_record)


def same(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in record.items() if name not in {"wall_s", "cost_s"}} for record in records]


def test_the_history_does_not_depend_on_the_workers(tmp_path: Path) -> None:
    agent = {"name": "random", "batch": 2}
    expected = run(tmp_path / "one", agent=agent, evaluations=3, **EMBEDDED)
    others = [{"workers": 2}]
    if "ray" in sys.modules or pytest.importorskip("ray", reason="needs the extra [ray]"):
        others.append({"worker_pool": "ray", "workers": 2})
    for number, keywords in enumerate(others):
        found = run(tmp_path / f"{number}", agent=agent, evaluations=3, **EMBEDDED, **keywords)
        assert same(found.records) == same(expected.records)
        report = {name: value for name, value in found.summary["incumbent"]["report"].items() if name != "cost_s"}
        assert expected.summary["incumbent"]["report"].items() >= report.items()


def test_an_agent_that_asks_in_batches_has_them_trained_at_once(jobs: list[int]) -> None:
    run(None, agent={"name": "random", "batch": 3}, **TINY)
    assert jobs == [3, 2]
    jobs.clear()
    run(None, agent={"name": "random"}, **TINY)
    assert jobs == [1] * 5
    evolved = run(
        None, agent={"name": "regularized_evolution", "batch": 2, "population_size": 2, "sample_size": 2}, **TINY
    )
    assert len(evolved.records) == 5


def test_a_run_that_was_killed_goes_on_without_training_anything_again(jobs: list[int], tmp_path: Path) -> None:
    class KilledError(Exception):
        pass

    def kill(record: dict[str, Any]) -> None:
        if record["n"] == 4:
            raise KilledError

    agent = {"name": "random", "batch": 3}
    whole = run(tmp_path / "whole", agent=agent, **TINY)
    jobs.clear()
    with pytest.raises(KilledError):
        run(tmp_path / "killed", agent=agent, on_record=kill, **TINY)
    assert jobs == [3, 2]
    resumed = run(tmp_path / "killed", agent=agent, workers=2, **TINY)  # with whatever workers there are
    assert jobs == [3, 2]  # what was trained ahead, and the report of the best, are read from the run's folder
    assert same(resumed.records) == same(whole.records)
    with pytest.raises(RunFolderError, match="its environment is"):
        run(tmp_path / "killed", agent=agent, **{**TINY, "epochs": 1})


def test_a_budget_is_of_evaluations() -> None:
    """Nobody knows beforehand how many evaluations fit into seconds that are measured."""
    config = search.Run(environment={"id": ID, **TINY}, agent={"name": "random"}, budget={"cost_s": 1.0})
    with pytest.raises(SettingError, match="does not know what an evaluation costs; use evaluations"):
        search.run(config)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"space": "nasbench20"}, UnknownNameError, "Did you mean 'nasbench201'"),
        ({"space": "enas", "reduction": "residual"}, SettingError, "the space enas: No setting named 'reduction'"),
        ({"recipe": "fashion"}, UnknownNameError, "Did you mean 'fashion14'"),
        ({"action_mode": "joined"}, UnknownNameError, "Did you mean 'joint'"),
        ({"edits": 2}, SettingError, "edits=2 needs action_mode='edit'"),
        ({"epochs": 1.5}, SettingError, "epochs is 1.5; it should be int"),
        ({"epochs": 0}, SettingError, "epochs >= 1"),
        ({"fidelity": 3}, SettingError, r"fidelity 3 was never measured; legal: \[1, 2\]"),
        ({"trial": 1}, SettingError, "trial 1; legal"),
        ({"objective": "latency_ms"}, MissingMetricError, "latency_ms"),
        ({"worker_pool": "threads"}, UnknownNameError, "No pool named 'threads'"),
        ({"workers": 0}, SettingError, "workers is a whole number from 1"),
        ({"valid_fraction": "half"}, SettingError, "valid_fraction is 'half'"),
    ],
)
def test_what_does_not_fit_is_refused(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(**keywords)
