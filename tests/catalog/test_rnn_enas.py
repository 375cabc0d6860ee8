"""`awnas/RNN-ENAS-v0`: recurrent cells that learn a text while an agent plays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import yaml

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym import search
from awnas_gym.errors import MissingMetricError, SettingError, UnknownNameError
from awnas_gym.testing import check_env

torch = pytest.importorskip("torch", reason="shared weights need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.derivation import Scorer, open_run  # noqa: E402
from awnas_gym.supernets import NETWORKS  # noqa: E402
from awnas_gym.training.final_start import start_from, supernet_weights  # noqa: E402

ID = "awnas/RNN-ENAS-v0"
SMALL: dict[str, Any] = {"nodes": 3, "hidden": 8, "batch_size": 20, "eval_batch_size": 10, "length": 6}
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "rnn_enas.yaml"


def make(**keywords: Any) -> Any:
    return gym.make(ID, **{**SMALL, "action_mode": "joint", **keywords})


@pytest.mark.parametrize(
    "keywords", [{}, {"action_mode": "build"}, {"schedule": "epochs", "episodes": 3, "length": 35, "batch_size": 400}]
)
def test_environments_keep_the_contract(keywords: dict[str, Any]) -> None:
    check_env(make(**keywords))


def test_the_reward_is_that_of_enas() -> None:
    env = make()
    env.reset(seed=0)
    _, reward, *_, info = env.step(env.unwrapped.space.sample(np.random.default_rng(0), 1)[0])
    assert info["metrics"].keys() == {"valid_perplexity", "valid_loss", "valid_accuracy"}
    assert reward == 80 / info["metrics"]["valid_perplexity"]
    assert "cost_s" not in info
    other = make(objective="valid_loss")
    other.reset(seed=0)
    _, reward, *_, again = other.step(env.unwrapped.space.sample(np.random.default_rng(0), 1)[0])
    assert reward == -again["metrics"]["valid_loss"] == -info["metrics"]["valid_loss"]


def test_keywords_reach_what_they_are_about() -> None:
    env = make(sharing="node", dropout_states=0.25, slowness=1e-3, weight_decay=1e-4, eval_batches=2).unwrapped
    evaluator = env.judge.evaluator
    assert evaluator.space.settings == {"nodes": 3, "hidden": 8, "tokens": 63}
    assert (evaluator.supernet.sharing, evaluator.supernet.network.dropouts.states) == ("node", 0.25)
    assert (evaluator.task.slowness, evaluator.task.length) == (1e-3, 6)
    assert (evaluator.weight_decay, evaluator.momentum, evaluator.clip) == (1e-4, 0.0, 0.25)
    assert (evaluator.learning_rate, evaluator.lowest_rate) == (20.0, 0.2)


def test_several_at_once_share_the_weights() -> None:
    envs = gym.make_vec(ID, num_envs=3, vectorization_mode="vector_entry_point", action_mode="joint", **SMALL)
    envs.reset(seed=0)
    _, together, *_ = envs.step(envs.unwrapped.space.sample(np.random.default_rng(0), 3))
    assert envs.unwrapped.judge.evaluator._training.position == 3
    assert (together > 0).all()


def test_a_run_that_was_killed_goes_on_as_if_it_was_not(tmp_path: Path) -> None:
    config = search.Run(
        environment={"id": ID, **SMALL, "action_mode": "joint", "dropout_outputs": 0.2},
        agent={
            "name": "enas",
            "hidden": 8,
            "attention": 8,
            "aggregate": 2,
            "operation_bias": [],
            "first_cell_bias": [],
        },
        budget={"evaluations": 8},
        seed=3,
    )

    class KilledError(Exception):
        pass

    def kill(record: dict[str, Any]) -> None:
        if record["n"] == 5:
            raise KilledError

    whole = search.run(config, tmp_path / "whole", checkpoint_every=3).records
    with pytest.raises(KilledError):
        search.run(config, tmp_path / "killed", checkpoint_every=3, on_record=kill)
    resumed = search.run(config, tmp_path / "killed", checkpoint_every=3).records
    for a, b in zip(whole, resumed, strict=True):
        for field in a.keys() - {"wall_s", "cost_s"}:
            assert a[field] == b[field], field
    opened = open_run(tmp_path / "killed")
    score = Scorer(opened, batches=2, test=True)(opened.best[0])
    assert score.reward == 80 / score.metrics["valid_perplexity"]
    assert score.metrics["test_perplexity"] > 1
    run, best = tmp_path / "killed", opened.best[0]
    weights = supernet_weights(run, opened.space, best, dataset="shakespeare")  # `awnas train --load-supernet`
    network = NETWORKS.load("recurrent")(opened.space, opened.best[0])
    start_from(network, weights, where="the run")
    tokens = torch.randint(63, (2, 5))
    supernet = opened.judge.evaluator.supernet.eval()
    torch.testing.assert_close(network.eval()(tokens)[0], supernet(tokens, opened.best[0])[0])


def test_the_example_is_one(tmp_path: Path) -> None:
    """In small: its keywords are known, and its agent plays the space."""
    content = yaml.safe_load(EXAMPLE.read_text())
    environment = {**content["environment"], **SMALL, "warmup_epochs": 0}
    (agent,) = content["agents"]
    config = search.Run(environment=environment, agent=agent, budget={"evaluations": 10}, seed=0)
    assert len(search.run(config, tmp_path).records) == 10


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"dataset": "fashion14"}, SettingError, "fashion14 holds images; text is wanted here"),
        ({"dataset": "shakespear"}, UnknownNameError, "Did you mean 'shakespeare'"),
        ({"action_mode": "edit"}, UnknownNameError, "action_mode"),
        ({"objective": "acuracy"}, UnknownNameError, "Did you mean 'accuracy'"),
        ({"objective": "latency_ms"}, MissingMetricError, "latency_ms"),
        ({"hidden": 0}, SettingError, "hidden is"),
        ({"nodes": 65}, SettingError, "nodes is at most 64"),
        ({"dropout_words": 1.5}, SettingError, "the dropout of words is a share"),
        ({"length": 3.5}, SettingError, "length"),
        ({"weight_steps": -1}, SettingError, "weight_steps is a whole number from 0"),
        ({"learning_rate": 0}, SettingError, "learning_rate"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_does_not_fit_is_refused(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(**keywords)
