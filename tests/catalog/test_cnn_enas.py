"""`awnas/CNN-ENAS-v0`: weights that learn while an agent plays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym import search
from awnas_gym.errors import MissingMetricError, SettingError, UnknownNameError
from awnas_gym.spaces import SPACES as ALL_SPACES
from awnas_gym.spaces.reading import reads_text
from awnas_gym.supernets import SUPERNETS
from awnas_gym.testing import check_env

torch = pytest.importorskip("torch", reason="shared weights need torch: pip install 'awnas-gym[torch]'")

ID = "awnas/CNN-ENAS-v0"
BATCHES: dict[str, Any] = {"batch_size": 20, "eval_batch_size": 25}
SMALL: dict[str, Any] = {"channels": 2, "cells": 2, **BATCHES}
SPACES: dict[str, dict[str, Any]] = {
    "enas": SMALL,
    "darts": SMALL,
    "nasbench301": SMALL,
    "nasbench201": {"channels": 2, "cells": 1, **BATCHES},
    "nasbench101": {"channels": 5, "cells": 1, **BATCHES},
    "nasbench_macro": {"channels": 2, **BATCHES},
    "fbnet": {"variant": "cifar", "channels": 4, **BATCHES},
    "proxylessnas": {"variant": "cifar", "channels": 4, **BATCHES},
}


def make(**keywords: Any) -> Any:
    return gym.make(ID, **{**SMALL, "action_mode": "joint", **keywords})


def rewards(env: Any, archs: Any, **reset: Any) -> list[float]:
    found = []
    for arch in archs:
        env.reset(**reset)
        reset = {}
        found.append(env.step(arch)[1])
    return found


@pytest.fixture(scope="module")
def archs() -> Any:
    return make().unwrapped.space.sample(np.random.default_rng(0), 6)


def test_there_is_a_case_for_every_supernet() -> None:
    assert set(SPACES) == {
        name for name, row in SUPERNETS.items() if row.plugin is None and not reads_text(ALL_SPACES.load(name))
    }


@pytest.mark.parametrize("space", SPACES)
def test_environments_of_all_spaces_keep_the_contract(space: str) -> None:
    check_env(gym.make(ID, space=space, **SPACES[space]))


@pytest.mark.parametrize("keywords", [{}, {"schedule": "epochs", "episodes": 3}])
def test_environments_keep_the_contract(keywords: dict[str, Any]) -> None:
    check_env(make(**keywords))


@pytest.mark.parametrize("space", SPACES)
def test_several_of_any_space_share_the_weights(space: str) -> None:
    """And a mask leaves legal architectures alone."""
    kind = {"vectorization_mode": "vector_entry_point", "invalid": "raise"}
    envs = gym.make_vec(ID, num_envs=3, space=space, **kind, **SPACES[space])
    _, info = envs.reset(seed=0)
    rng, rewards = np.random.default_rng(0), np.zeros(3)
    for _ in envs.unwrapped.space.cardinalities:
        actions = [int(rng.choice(np.flatnonzero(mask))) for mask in info["action_mask"]]
        _, rewards, finished, _, info = envs.step(np.array(actions))
    assert finished.all()
    assert (rewards >= 0).all()
    assert envs.unwrapped.judge.evaluator._training.position == 3


def test_a_seed_draws_weights_anew_and_nothing_else_does(archs: Any) -> None:
    env, other = make(), make()
    first = rewards(env, archs, seed=0)
    assert rewards(other, archs, seed=0) == first
    assert rewards(env, archs) != first  # the weights went on learning
    assert rewards(env, archs, seed=0) == first
    assert rewards(env, archs, seed=1) != first
    assert rewards(env, archs, options={"weights": "init"}) != rewards(other, archs)


def test_playing_teaches() -> None:
    env = make(channels=4, eval_batches=4, batch_size=50)
    arch = env.unwrapped.space.sample(np.random.default_rng(3), 1)[0]
    found = rewards(env, [arch] * 90, seed=0)
    assert np.mean(found[-5:]) > np.mean(found[:5]) + 0.2


def test_several_at_once_share_the_weights(archs: Any) -> None:
    envs = gym.make_vec(ID, num_envs=3, vectorization_mode="vector_entry_point", action_mode="joint", **SMALL)
    envs.reset(seed=0)
    _, together, *_ = envs.step(archs[:3])
    evaluator = envs.unwrapped.judge.evaluator
    assert evaluator._training.position == 3  # a training step each
    assert evaluator._validation.position == 1  # all on the same batch
    assert together.shape == (3,)


def test_separate_weights_in_processes_are_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises((OSError, EOFError)):  # as Gymnasium says that a worker is gone
        gym.make_vec(ID, num_envs=1, vectorization_mode="async", action_mode="joint", **SMALL).reset(seed=0)
    assert "asynchronous vectorisation would train separate weights" in capfd.readouterr().err


def test_threads_are_as_before(archs: Any) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert rewards(make(threads=1), archs[:1], seed=0)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_measures_become_metrics(archs: Any) -> None:
    env = make(measures="weight_noise", objective="valid_noisy_accuracy")
    env.reset(seed=0)
    _, reward, *_, info = env.step(archs[0])
    assert info["metrics"].keys() == {"valid_accuracy", "valid_loss", "valid_noisy_accuracy"}
    assert reward == info["metrics"]["valid_noisy_accuracy"]
    assert "cost_s" not in info


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"space": "nats_size"}, UnknownNameError, "No supernet named 'nats_size'.*darts, enas"),
        ({"space": "recurrent"}, SettingError, "networks of recurrent read text"),
        ({"dataset": "shakespeare"}, SettingError, "shakespeare holds text; images are wanted"),
        ({"space": "enass"}, UnknownNameError, "Did you mean 'enas'"),
        (
            {"reduction": "residual"},
            SettingError,
            "the space enas: No setting named 'reduction'.*Known: cells, channels",
        ),
        (
            {"space": "nasbench201", "output": "concat"},
            SettingError,
            "the space nasbench201: No setting named 'output'",
        ),
        ({"output": "concat "}, UnknownNameError, "Did you mean 'concat'"),
        ({"image_size": 32}, SettingError, "fashion14 has images of 14x14 pixels; got image_size=32"),
        ({"valid_fraction": 0.5}, SettingError, "fashion14 has a split valid"),
        ({"area": 0.5}, SettingError, "area is for image files"),
        ({"dataset": "fashion"}, UnknownNameError, "Did you mean 'fashion14'"),
        ({"schedule": "epoch"}, UnknownNameError, "Did you mean 'epochs'"),
        ({"batch_norm": "bach"}, UnknownNameError, "Did you mean 'batch'"),
        ({"action_mode": "edit"}, UnknownNameError, "action_mode"),
        ({"batch_size": 3000}, SettingError, r"batch_size is 1 … 2000"),
        ({"eval_batch_size": 501}, SettingError, r"batch_size is 1 … 500"),
        ({"weight_steps": -1}, SettingError, "weight_steps is a whole number from 0; got -1"),
        ({"weight_steps": 1.5}, SettingError, "weight_steps"),
        ({"learning_rate": 0}, SettingError, "learning_rate"),
        ({"device": "cudda"}, SettingError, "device 'cudda' cannot be used"),
        ({"measures": "noise"}, UnknownNameError, "No measure named 'noise'"),
        ({"objective": "latency_ms"}, MissingMetricError, "latency_ms"),
        ({"channels": 0}, SettingError, "channels"),
        ({"crop": -1}, SettingError, "crop and cutout"),
    ],
)
def test_what_does_not_fit_is_refused(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(**keywords)


@pytest.mark.parametrize(
    "keywords",
    [{}, {"schedule": "epochs", "episodes": 4, "pool": 3, "batch_size": 200}, {"space": "nasbench201", "cells": 1}],
)
def test_a_run_that_was_killed_goes_on_as_if_it_was_not(tmp_path: Path, keywords: dict[str, Any]) -> None:
    def config(evaluations: int) -> search.Run:
        environment = {"id": ID, **SMALL, "action_mode": "joint", **keywords}
        return search.Run(
            environment=environment,
            agent={"name": "regularized_evolution"},
            budget={"evaluations": evaluations},
            seed=3,
        )

    class KilledError(Exception):
        pass

    def kill(record: dict[str, Any]) -> None:
        if record["n"] == 8:
            raise KilledError

    whole = search.run(config(12), tmp_path / "whole", checkpoint_every=5).records
    with pytest.raises(KilledError):
        search.run(config(12), tmp_path / "killed", checkpoint_every=5, on_record=kill)
    assert [path.name for path in (tmp_path / "killed/agent").iterdir()] == ["000005"]  # as many as of the weights
    resumed = search.run(config(12), tmp_path / "killed", checkpoint_every=5).records
    for a, b in zip(whole, resumed, strict=True):
        for field in a.keys() - {"wall_s", "cost_s"}:
            assert a[field] == b[field], field
        assert a["cost_s"] > 0
    for name in ("whole", "killed"):
        assert sorted(path.name for path in (tmp_path / name / "agent").iterdir()) == ["000010", "000012"]


def test_a_budget_is_of_evaluations() -> None:
    """Nobody knows beforehand how many evaluations fit into seconds that are measured."""
    run = search.Run(environment={"id": ID, **SMALL}, agent={"name": "random"}, budget={"cost_s": 1.0})
    with pytest.raises(SettingError, match="does not know what an evaluation costs; use evaluations"):
        search.run(run)
