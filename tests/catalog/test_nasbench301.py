"""`awnas/NASBench301-v0` over a made-up package in the form of `nasbench301`."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from click.testing import CliRunner

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.cli.main import group
from awnas_gym.errors import MissingDataError, SettingError
from awnas_gym.reporting import find_runs
from awnas_gym.spaces import SPACES, total_params
from awnas_gym.testing import check_env
from tests.evaluators.test_surrogate301 import package, write_models

__all__ = ["package"]

SPACE = SPACES.load("nasbench301")()


@pytest.fixture
def folders(package: Path, tmp_path: Path) -> dict[str, str]:
    """A performance and a runtime model."""
    models = write_models(tmp_path / "xgb", [[80.0, 0.5], [82.0, 0.4]])
    return {"models": models, "runtime": write_models(tmp_path / "lgb", [[1000.0, 100.0]])}


@pytest.mark.parametrize("kind", ["build", "joint", "edit"])
def test_environments_keep_the_contract(folders: dict[str, str], kind: str) -> None:
    check_env(gym.make("awnas/NASBench301-v0", action_mode=kind, **folders))


def test_the_twin_knows_no_bounds_and_no_front(folders: dict[str, str]) -> None:
    env = gym.make("awnas/NASBench301-MO-v0", action_mode="joint", **folders).unwrapped
    check_env(env)
    assert env.reward_space.low.tolist() == [0.0, -np.inf]
    arch = SPACE.sample(np.random.default_rng(0), 1)[0]
    env.reset(seed=0)
    _, reward, *_ = env.step(arch)
    assert reward[1] == -total_params(SPACE.layers(arch))
    with pytest.raises(SettingError, match="too many to list"):
        env.pareto_set()
    with pytest.raises(SettingError, match="which nobody knows of so many"):
        gym.make("awnas/NASBench301-MO-v0", invalid="penalty", **folders)


def test_a_search_over_it_is_reported(folders: dict[str, str], tmp_path: Path) -> None:
    arguments = ["search", "--env", "awnas/NASBench301-v0", "--cost-s", "40000", "--out", str(tmp_path / "runs")]
    arguments += [f"--env-arg={name}={folder}" for name, folder in folders.items()]
    done = CliRunner().invoke(group, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (run,) = find_runs([tmp_path / "runs"])
    assert sum(evaluation.cost_s or 0 for evaluation in run.evaluations) <= 40_000
    assert len(run.evaluations) > 10


def test_models_have_to_be_brought() -> None:
    with pytest.raises(MissingDataError, match=r"models that you bring: models='nb_models/xgb_v1\.0'"):
        gym.make("awnas/NASBench301-v0")
    with pytest.raises(MissingDataError, match="no surrogate models of NAS-Bench-301 in nowhere"):
        gym.make("awnas/NASBench301-v0", models="nowhere")
