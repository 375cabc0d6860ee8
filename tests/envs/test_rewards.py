"""What an episode earns, and what its info says of it."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.benchmarks import load_table
from awnas_gym.errors import (
    MissingMetricError,
    SettingError,
    TableFileError,
)
from tests.envs.episodes import ID, make, play
from tests.tiny_table import MISSING_INDEX, SPACE, class_rows


@pytest.mark.parametrize("mode", ["build", "joint"])
def test_terminal_info_and_reward(tiny: str, mode: str) -> None:
    env = make(tiny, action_mode=mode)
    env.reset(seed=0)
    arch = SPACE.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|avg_pool_3x3~2|")
    observation, reward, terminated, truncated, info = play(env, arch)
    assert (terminated, truncated) == (True, False)
    np.testing.assert_array_equal(observation, arch + 1)
    assert info["architecture"] == SPACE.genotype(arch)
    assert info["arch_key"] == SPACE.key(arch)
    assert (info["split"], info["fidelity"], info["trial"], info["invalid"]) == ("valid", 4, "mean", False)
    assert reward == info["metrics"]["valid_accuracy"]
    assert not any(name.startswith(("test", "train")) for name in info["metrics"])
    seconds = load_table(tiny).columns["train_s_model"].values
    assert info["cost_s"] == pytest.approx(3 * float(seconds[SPACE.index(arch)[0]]))


def test_reward_soft_cost(tiny: str) -> None:
    env = make(tiny, objective="soft_cost(target=1)", action_mode="joint")
    env.reset(seed=0)
    _, soft, _, _, info = play(env, [3] * 6)
    assert soft == pytest.approx(info["metrics"]["valid_accuracy"] * info["metrics"]["latency_ms"] ** -0.07)


def every_reward(table: str, metric: str = "valid_accuracy", fidelity: int = 4) -> np.ndarray:
    """Return the recorded accuracies by hand, `[15625, trials]`, nan where there is none."""
    opened = load_table(table)
    column = opened.columns[metric]
    values = np.where(column.values == 65535, np.nan, column.values / column.denominator)
    return values[opened.columns["class_of_arch"].values][:, :, fidelity - 1]


@pytest.mark.parametrize("fidelity", [None, 2])
@pytest.mark.parametrize("trial", ["mean", "random", 0, 1])
@pytest.mark.parametrize("split", ["valid", "test"])
def test_normalised_is_0_at_the_mean_and_1_at_the_best(tiny: str, split: str, trial: Any, fidelity: int | None) -> None:
    env = make(tiny, action_mode="joint", reward="normalised", split=split, trial=trial, fidelity=fidelity).unwrapped
    every = every_reward(tiny, f"{split}_accuracy", fidelity or 4)
    trained = every[np.isfinite(every).any(axis=1)]
    seen = np.nanmean(trained, axis=1) if trial == "mean" else trained if trial == "random" else trained[:, trial]
    mean, best = np.nanmean(np.nanmean(trained, axis=1) if trial == "random" else seen), np.nanmax(seen)
    env.reset(seed=0)
    _, reward, _, _, info = env.step([3] * 6)
    assert reward == pytest.approx((info["metrics"][f"{split}_accuracy"] - mean) / (best - mean))
    assert env.judge.reference == pytest.approx({**env.judge.reference, "mean_random": 0.0, "best": 1.0})


def test_normalised_works_for_every_objective_and_keeps_its_scale(tiny: str) -> None:
    env = make(tiny, reward="normalised", objective="soft_cost(target=1)", action_mode="joint").unwrapped
    assert env.judge.reference["best"] == pytest.approx(1)
    env.reset(seed=0)
    first = play(env, [3] * 6)
    plain = make(tiny, objective="soft_cost(target=1)", action_mode="joint").unwrapped
    reference = plain.judge.reference
    for fidelity in (4, 1):
        env.reset(options={"fidelity": fidelity})
        plain.reset(options={"fidelity": fidelity})
        there = (play(plain, [3] * 6)[1] - reference["mean_random"]) / (reference["best"] - reference["mean_random"])
        assert play(env, [3] * 6)[1] == pytest.approx(there)
    assert first[1] != pytest.approx(there)


@pytest.mark.parametrize("trial", ["mean", "random", 0, 1, 2])
def test_reference_is_of_what_is_played(tiny: str, trial: Any) -> None:
    env = make(tiny, action_mode="joint", trial=trial).unwrapped
    every = every_reward(tiny)
    trained = every[np.isfinite(every).any(axis=1)]
    by_arch = np.nanmean(trained, axis=1)
    seen = by_arch if trial == "mean" else trained if trial == "random" else trained[:, trial]
    mean = by_arch.mean() if trial == "random" else np.nanmean(seen)
    assert env.judge.reference == pytest.approx(
        {"mean_random": mean, "best": np.nanmax(seen), "worst": np.nanmin(seen)}
    )


@pytest.mark.parametrize(("trial", "number"), [("mean", MISSING_INDEX), ("random", MISSING_INDEX), (0, 5), (1, 6)])
def test_an_unrecorded_architecture_earns_the_worst_and_says_so(tiny: str, trial: Any, number: int) -> None:
    representatives, _ = class_rows()
    for options in ({}, {"fidelity": 2, "trial": 2}):
        if options and number == 6:
            continue  # trial 2 of it is recorded
        env = make(tiny, action_mode="joint", trial=trial)
        env.reset(seed=0, options=options)
        _, reward, _, _, info = play(env, SPACE.unindex(representatives[number])[0])
        every = every_reward(tiny, fidelity=options.get("fidelity", 4))
        played = options.get("trial", trial)
        every = every[np.isfinite(every).any(axis=1)]
        seen = np.nanmean(every, axis=1) if played == "mean" else every if played == "random" else every[:, played]
        assert info["missing"] is True
        assert reward == pytest.approx(np.nanmin(seen))
        assert "valid_accuracy" not in info["metrics"]


def test_random_trials_repeat_with_the_seed(tiny: str) -> None:
    def rewards(seed: int) -> list[float]:
        env = make(tiny, trial="random", action_mode="joint")
        env.reset(seed=seed)
        found = []
        for _ in range(20):
            found.append(play(env, [3, 2, 1, 3, 4, 3])[1])
            env.reset()
        return found

    assert rewards(1) == rewards(1)
    assert rewards(1) != rewards(2)


def test_a_metric_the_table_lacks(tmp_path: Any) -> None:
    from awnas_gym.benchmarks import Column, write_table

    accuracy = Column(np.ones((SPACE.size, 1, 1), np.float32), ("arch", "trial", "epoch"))
    space = {"name": SPACE.name, "settings": SPACE.settings}
    write_table(tmp_path / "bare.awnas", space=space, card={}, columns={"valid_accuracy": accuracy})
    dataset = str(tmp_path / "bare.awnas")
    with pytest.raises(SettingError, match="there is nothing to normalise"):
        gym.make(ID, dataset=dataset, reward="normalised")
    with pytest.raises(MissingMetricError, match="SoftCost needs latency_ms; this benchmark yields valid_accuracy"):
        gym.make(ID, dataset=dataset, objective="soft_cost(target=1)")
    env = gym.make(ID, dataset=dataset, action_mode="joint")
    env.reset(seed=0)
    assert "cost_s" not in play(env, [0] * 6)[4]
    (tmp_path / "cut.awnas").write_bytes((tmp_path / "bare.awnas").read_bytes()[:-100])
    with pytest.raises(TableFileError, match="altered"):
        gym.make(ID, dataset=str(tmp_path / "cut.awnas"))
