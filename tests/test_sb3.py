"""The adapter for Stable-Baselines3: what `DummyVecEnv` of single environments gives, from the native one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

pytest.importorskip("stable_baselines3", reason="needs the extra [sb3]")
pytest.importorskip("sb3_contrib", reason="needs the extra [sb3]")

from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.envs import vectorise
from awnas_gym.errors import SettingError
from awnas_gym.sb3 import VectorEnvAdapter
from tests.toy import toy_env

ID = "awnas/NASBench201-v0"
N = 5
SMALL = {"n_steps": 12, "batch_size": 20, "n_epochs": 2, "seed": 0, "device": "cpu"}


def native(dataset: str, **keywords: Any) -> VectorEnvAdapter:
    return VectorEnvAdapter(gym.make_vec(ID, num_envs=N, dataset=dataset, **keywords))


def flat(info: dict[str, Any]) -> dict[str, Any]:
    """Return an info with its masks in one array."""
    mask = info["action_mask"]
    return {**info, "action_mask": np.concatenate(mask) if isinstance(mask, tuple) else mask}


def assert_infos(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    assert len(ours) == len(theirs)
    for one, other in zip(map(flat, ours), map(flat, theirs), strict=True):
        assert set(one) == set(other)
        for key, value in other.items():
            np.testing.assert_equal(one[key], value, err_msg=key)
            assert type(one[key]) is type(value), key


@pytest.mark.parametrize("kind", ["build", "joint", "edit"])
@pytest.mark.parametrize("trial", ["mean", "random"])
@pytest.mark.parametrize("mask_in_obs", [False, True])
def test_equal_to_a_dummy_of_singles(tiny: str, kind: str, trial: str, mask_in_obs: bool) -> None:
    keywords = {"dataset": tiny, "action_mode": kind, "trial": trial, "mask_in_obs": mask_in_obs}
    dummy = DummyVecEnv([lambda: gym.make(ID, **keywords)] * N)
    ours = VectorEnvAdapter(gym.make_vec(ID, num_envs=N, **keywords))
    assert (ours.observation_space, ours.action_space) == (dummy.observation_space, dummy.action_space)
    rng = np.random.default_rng(0)
    for env in (ours, dummy):
        env.seed(3)
    np.testing.assert_equal(ours.reset(), dummy.reset())
    assert_infos(ours.reset_infos, dummy.reset_infos)
    ends = 0
    for _ in range(14):
        space = ours.action_space
        choices = getattr(space, "nvec", None)
        actions = rng.integers(space.n, size=N) if choices is None else rng.integers(choices, size=(N, len(choices)))
        results = ours.step(actions), dummy.step(actions)
        for one, other in zip(results[0][:3], results[1][:3], strict=True):
            np.testing.assert_equal(one, other)
            assert getattr(one, "dtype", None) == getattr(other, "dtype", None)
        assert_infos(results[0][3], results[1][3])
        assert_infos(ours.reset_infos, dummy.reset_infos)
        np.testing.assert_array_equal(get_action_masks(ours), get_action_masks(dummy))
        ends += int(results[0][2].sum())
    assert ends >= 2 * N


def test_masks_are_those_of_the_new_episode_right_after_an_old_one() -> None:
    env = VectorEnvAdapter(vectorise(toy_env("build"), 3))
    assert is_masking_supported(env)
    env.reset()
    start = get_action_masks(env).copy()
    for choices in ([2, 0, 1], [3, 1, 0], [1, 0, 1], [0, 1, 0], [2, 2, 3]):
        _, _, dones, infos = env.step(np.array(choices))
    assert dones.all()
    assert [info["invalid"] for info in infos] == [False] * 3
    np.testing.assert_array_equal(get_action_masks(env), start)
    np.testing.assert_array_equal(infos[0]["terminal_observation"], [3, 4, 2, 1, 3])
    infos[0]["terminal_observation"][:] = 0  # it is the caller's


@pytest.mark.parametrize(("algorithm", "policy"), [(PPO, "MlpPolicy"), (MaskablePPO, "MlpPolicy")])
@pytest.mark.parametrize("kind", ["build", "joint", "edit"])
def test_train_save_and_load(tiny: str, tmp_path: Path, algorithm: Any, policy: str, kind: str) -> None:
    env = native(tiny, action_mode=kind)
    model = algorithm(policy, VecMonitor(env), **SMALL).learn(120)
    assert len(model.ep_info_buffer) > 0
    model.save(tmp_path / "model")
    other = native(tiny, action_mode=kind)
    loaded = algorithm.load(tmp_path / "model", env=other, device="cpu")
    observation = other.reset()
    np.testing.assert_array_equal(
        loaded.predict(observation, deterministic=True)[0], model.predict(observation, deterministic=True)[0]
    )
    before = loaded.num_timesteps
    loaded.learn(60, reset_num_timesteps=False)
    assert loaded.num_timesteps > before


def test_training_is_that_on_a_dummy(tiny: str) -> None:
    """The same seed gives the same policy on both, to the last bit."""
    dummy = DummyVecEnv([lambda: gym.make(ID, dataset=tiny)] * N)
    policies = [PPO("MlpPolicy", env, **SMALL).learn(120).policy.state_dict() for env in (native(tiny), dummy)]
    for name, tensor in policies[0].items():
        np.testing.assert_array_equal(tensor.numpy(), policies[1][name].numpy(), err_msg=name)


def test_masked_training_on_a_constrained_space_makes_no_illegal_action() -> None:
    env = VectorEnvAdapter(vectorise(toy_env("build", invalid="raise"), 4))  # raises if there is one
    MaskablePPO("MlpPolicy", env, **SMALL).learn(200)


@pytest.mark.parametrize(("algorithm", "settings"), [(A2C, {}), (DQN, {"learning_starts": 10, "buffer_size": 200})])
def test_other_algorithms_learn(tiny: str, algorithm: Any, settings: dict[str, Any]) -> None:
    algorithm("MlpPolicy", native(tiny), seed=0, device="cpu", **settings).learn(60)


def test_masks_in_the_observation(tiny: str) -> None:
    MaskablePPO("MultiInputPolicy", native(tiny, mask_in_obs=True), **SMALL).learn(60)


def test_evaluation_of_a_policy(tiny: str) -> None:
    env = native(tiny)
    rewards, lengths = evaluate_policy(
        PPO("MlpPolicy", env, **SMALL), VecMonitor(env), n_eval_episodes=7, return_episode_rewards=True
    )
    assert (len(rewards), set(lengths)) == (7, {6})


def test_attributes_and_methods(tiny: str) -> None:
    env = native(tiny)
    assert [space.name for space in env.get_attr("space", indices=[0, 2])] == ["nasbench201"] * 2
    assert env.get_attr("render_mode", indices=1) == [None]
    arch = [1, 2, 3, 4, 0, 1]
    assert env.env_method("report", arch, indices=0)[0]["test_accuracy"] > 0
    assert not env.has_attr("no_such")
    env.set_attr("note", "a")
    env.set_attr("note", "b", indices=[1])
    assert env.get_attr("note") == ["a", "b", "a", "a", "a"]
    with pytest.raises(SettingError, match="the same for all"):
        env.set_attr("invalid", "raise")
    assert env.env_is_wrapped(gym.Wrapper, indices=[0, 1]) == [False, False]
    assert env.render_mode is None
    env.close()


def test_options_reach_every_episode(tiny: str) -> None:
    env = native(tiny, action_mode="joint")
    env.set_options({"fidelity": 2, "trial": 1})
    env.reset()
    for _ in range(2):
        infos = env.step(np.zeros((N, 6), dtype=np.int64))[3]
        assert {(info["fidelity"], info["trial"]) for info in infos} == {(2, 1)}
    env.set_options([{"fidelity": 1 + i % 2} for i in range(N)])
    with pytest.raises(SettingError, match="same options for all"):
        env.reset()


def test_images(tiny: str) -> None:
    pytest.importorskip("matplotlib", reason="rgb_array needs matplotlib")
    env = native(tiny, render_mode="rgb_array")
    env.reset()
    image = env.render()
    assert image is not None
    assert image.dtype == np.uint8


def test_other_environments_are_refused(tiny: str) -> None:
    with pytest.raises(SettingError, match="native vector environments"):
        VectorEnvAdapter(gym.make_vec(ID, num_envs=2, dataset=tiny, vectorization_mode="sync"))
    with pytest.raises(SettingError, match="autoreset_mode='SameStep'; got 'NextStep'"):
        native(tiny, autoreset_mode="NextStep")
