"""`awnas/RNN-DARTS-v0`: mixtures of recurrent cells, played and searched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import yaml

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym import search
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.testing import check_env

torch = pytest.importorskip("torch", reason="mixtures need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.derivation import Scorer, open_run  # noqa: E402

ID = "awnas/RNN-DARTS-v0"
SMALL: dict[str, Any] = {
    "nodes": 3, "hidden": 6, "batch_size": 12, "eval_batch_size": 400, "length": 4, "max_steps": 8
}  # fmt: skip
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "rnn_darts.yaml"


def make(**keywords: Any) -> Any:
    return gym.make(ID, **{**SMALL, **keywords})


@pytest.mark.parametrize("keywords", [{}, {"joint": True}, {"order": 2, "objective": "loss_times_log_cost"}])
def test_environments_keep_the_contract(keywords: dict[str, Any]) -> None:
    check_env(make(**keywords))


def test_phases_rewards_and_what_an_action_stands_for() -> None:
    env = make()
    space = env.unwrapped.space
    assert env.action_space.shape == (6 * 5,)
    env.reset(seed=0)
    action = np.full(30, 0.2, np.float32)
    _, reward, *_, info = env.step(action)
    assert reward == 0
    assert "metrics" not in info
    _, reward, *_, info = env.step(action)
    assert reward == -info["metrics"]["valid_loss"]
    assert {"valid_perplexity", "valid_loss", "valid_accuracy", "train_loss"} <= info["metrics"].keys()
    assert info["gradient"].shape == (6, 5)
    assert space.parse(info["architecture"]).tolist() == space.discretize(action).tolist()


def test_a_mixture_costs_what_its_steps_cost() -> None:
    env = make(objective="loss_plus_cost", cost="params")
    space = env.unwrapped.space
    arch = space.sample(np.random.default_rng(0), 1)[0]
    env.reset(seed=0)
    action = space.relax(arch).ravel().astype(np.float32)
    env.step(action)
    *_, info = env.step(action)
    assert info["metrics"]["params"] == 63 * 6 + 63 + 4 * 6 * 6 + 3 * 2 * 6 * 6


@pytest.mark.parametrize("agent", ["darts", "random"])
def test_agents_search_and_what_they_found_is_scored(agent: str, tmp_path: Path) -> None:
    config = search.Run(environment={"id": ID, **SMALL}, agent={"name": agent}, budget={"evaluations": 4}, seed=0)
    assert len(search.run(config, tmp_path, checkpoint_every=2).records) == 4
    opened = open_run(tmp_path)
    archs, _ = opened.propose(2, seed=0)
    score = Scorer(opened, batches=2, test=True)(archs[0])
    assert score.reward == 80 / score.metrics["valid_perplexity"]
    assert score.metrics["test_perplexity"] > 1


def test_the_example_is_one(tmp_path: Path) -> None:
    content = yaml.safe_load(EXAMPLE.read_text())
    (agent,) = content["agents"]
    config = search.Run(environment={**content["environment"], **SMALL}, agent=agent, budget={"evaluations": 4}, seed=0)
    assert len(search.run(config, tmp_path).records) == 4


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"dataset": "cifar10"}, SettingError, "cifar10 holds images; text is wanted here"),
        ({"objective": "los"}, UnknownNameError, "Did you mean 'loss'"),
        ({"order": 3}, UnknownNameError, "order"),
        ({"hidden": 0}, SettingError, "hidden is"),
        ({"dropout_states": "half"}, SettingError, "dropout_states"),
        ({"length": 2.5}, SettingError, "length"),
        ({"learning_rate": 0}, SettingError, "learning_rate"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_does_not_fit_is_refused(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(**keywords)
