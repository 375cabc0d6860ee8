"""The native vector environment: equal to Gymnasium's own of single ones, in everything it returns."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.envs import ArchitectureEnv, BuildEnv, EditEnv, JointEnv, Judge, VectorArchitectureEnv, vectorise
from awnas_gym.objectives.accuracy import Accuracy
from tests.spaces.constrained import Chain
from tests.toy import ToyEvaluator

ID = "awnas/NASBench201-v0"
N = 4
MODES = tuple(AutoresetMode)
KINDS: dict[str, type[ArchitectureEnv]] = {"build": BuildEnv, "joint": JointEnv, "edit": EditEnv}


def assert_same(ours: Any, theirs: Any, where: str = "") -> None:
    """Compare what two vector environments returned, to the types; joint masks are flat here, tuples there."""
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs), where
        for key in theirs:
            assert_same(ours[key], theirs[key], f"{where}.{key}")
        return
    assert type(ours) is type(theirs), where
    if where.endswith(".action_mask") and theirs.dtype == object:
        flat = [np.concatenate(row) if row is not None else np.zeros(ours.shape[1], np.int8) for row in theirs]
        theirs = np.stack(flat)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype), where
    if theirs.dtype == object and not where.endswith("final_obs"):
        assert ours.tolist() == theirs.tolist(), where
        assert [type(each) for each in ours] == [type(each) for each in theirs], where
    elif theirs.dtype == object:
        for one, other in zip(ours, theirs, strict=True):
            if other is None:
                assert one is None, where
            else:
                assert_same(one, other, f"{where}[]")
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=where)


def arrays(value: Any) -> list[np.ndarray]:
    """Return every array that can be written to in what an environment returned."""
    if isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.dtype == object):
        inside = [array for each in value for array in arrays(each)]
        return [value, *inside] if isinstance(value, np.ndarray) else inside
    if isinstance(value, dict):
        return [array for each in value.values() for array in arrays(each)]
    return [value] if isinstance(value, np.ndarray) and value.flags.writeable else []


def play_both(
    make: Callable[[], gym.Env], mode: AutoresetMode, *, steps: int, options: dict[str, Any] | None = None
) -> VectorArchitectureEnv:
    """Play random actions, legal or not, in both; compare all they return. Returns ours."""
    ours = vectorise(make().unwrapped, N, autoreset_mode=mode)
    theirs = SyncVectorEnv([make] * N, autoreset_mode=mode)
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    rng = np.random.default_rng(1)
    asked = dict(options or {})
    assert_same_step(ours.reset(seed=7, options=dict(asked)), theirs.reset(seed=7, options=dict(asked)))
    done, kept = np.zeros(N, dtype=bool), []
    for step in range(steps):
        mask = done if mode is AutoresetMode.DISABLED else rng.random(N) < (step % 4 == 3) * 0.5
        if mask.any():  # some start anew, also in the middle of an episode; now and then with new seeds
            seed = [None, 3, None, 5] if step % 3 == 0 else None
            given = [{**asked, "reset_mask": mask.copy()} for _ in range(2)]
            assert_same_step(*(env.reset(seed=seed, options=o) for env, o in zip((ours, theirs), given, strict=True)))
        actions = rng.integers(ours._choices, size=ours.action_space.shape)
        results = ours.step(actions), theirs.step(actions)
        assert_same_step(*results)
        for name in ("action_masks", "render_mode"):
            np.testing.assert_array_equal(ours.call(name), theirs.call(name))
        assert not any(np.shares_memory(a, b) for a, b in itertools.product(arrays(results[0]), kept) if a.size)
        kept = arrays(results[0])
        done = results[0][2]
    assert ours.np_random_seed == theirs.np_random_seed
    return ours


def assert_same_step(ours: Any, theirs: Any) -> None:
    assert len(ours) == len(theirs)
    for i, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        assert_same(one, other, f"[{i}]")


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trial", ["mean", "random", 1])
@pytest.mark.parametrize("mask_in_obs", [False, True])
def test_equal_to_singles_of_a_table(tiny: str, mode: AutoresetMode, kind: str, trial: Any, mask_in_obs: bool) -> None:
    def make() -> gym.Env:
        return gym.make(ID, dataset=tiny, action_mode=kind, trial=trial, mask_in_obs=mask_in_obs)

    play_both(make, mode, steps=30)


class ChainEvaluator(ToyEvaluator):
    """Made-up accuracies over the constrained chain, of two trials and fidelities; some costs are unknown."""

    trials = 2
    fidelities = (1, 2)
    yields = frozenset({"valid_accuracy", "test_accuracy", "cost_s"})

    def evaluate(self, archs, *, fidelity=None, trial="mean", rng):
        rows = self.space.check(archs).astype(float)
        value = rows @ [1 / 8, 1 / 32, 1 / 64, 1 / 128] + self.check_fidelity(fidelity)  # exact in any order
        value = value + (rng.random(len(rows)) if trial == "random" else (trial == 1) / 256)
        return {"valid_accuracy": value, "test_accuracy": value, "cost_s": np.where(rows[:, 3] == 1, np.nan, value)}


def chain_env(kind: str, *, trial: Any = "mean", **keywords: Any) -> gym.Env:
    """Return an environment over the chain."""
    judge = Judge(ChainEvaluator(Chain()), Accuracy(), trial=trial)
    return KINDS[kind](judge, **keywords)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trial", ["mean", "random"])
@pytest.mark.parametrize("invalid", ["repair", "penalty"])
@pytest.mark.parametrize("mask_in_obs", [False, True])
def test_equal_to_singles_on_a_constrained_space(
    mode: AutoresetMode, kind: str, trial: Any, invalid: str, mask_in_obs: bool
) -> None:
    def make() -> gym.Env:
        return chain_env(kind, trial=trial, invalid=invalid, mask_in_obs=mask_in_obs)

    play_both(make, mode, steps=25)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_singles_with_options(kind: str, mode: AutoresetMode) -> None:
    play_both(lambda: chain_env(kind), mode, steps=12, options={"fidelity": 1, "trial": "random"})


def test_illegal_actions_were_played() -> None:
    """The comparisons above mean something: random actions on the chain are often illegal."""
    env = vectorise(chain_env("build"), 64)
    env.reset(seed=0)
    rng, illegal = np.random.default_rng(0), 0
    for _ in range(4):
        info = env.step(rng.integers(4, size=64))[4]
        illegal += int(info.get("final_info", info)["invalid"].sum())
    assert illegal > 20
