"""The environments keep the contracts of Gymnasium and SB3; masks, copies, specifications, pictures."""

import copy
import itertools
import pickle
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from tests.envs.episodes import MODES, make, play


@pytest.mark.parametrize("keywords", MODES, ids=str)
def test_check_env_without_a_warning(tiny: str, keywords: dict[str, Any]) -> None:
    pytest.importorskip("matplotlib", reason="check_env draws every render mode; rgb_array needs matplotlib")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(tiny, **keywords).unwrapped)


@pytest.mark.parametrize("keywords", MODES, ids=str)
def test_sb3_check_env(tiny: str, keywords: dict[str, Any]) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker", reason="needs the extra [sb3]")
    checker.check_env(make(tiny, **keywords).unwrapped, warn=False)


@pytest.mark.parametrize("keywords", MODES, ids=str)
def test_masks_agree_in_three_dialects(tiny: str, keywords: dict[str, Any]) -> None:
    env = make(tiny, **{**keywords, "mask_in_obs": True})
    observation, info = env.reset(seed=0)
    done = False
    while not done:
        flat = env.get_wrapper_attr("action_masks")()
        mask = info["action_mask"]
        assert flat.dtype == np.bool_
        np.testing.assert_array_equal(np.concatenate(mask) if isinstance(mask, tuple) else mask, flat)
        np.testing.assert_array_equal(observation["action_mask"], flat)
        observation, _, done, _, info = env.step(env.action_space.sample(info["action_mask"]))


def test_spec_is_json_and_kwargs_are_plain(tiny: str) -> None:
    spec = make(tiny, action_mode="joint").spec
    again = gym.make(gym.envs.registration.EnvSpec.from_json(spec.to_json()))
    assert again.action_space == gym.spaces.MultiDiscrete([5] * 6)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])  # noqa: S301 - ours
def test_copies_play_alike(tiny: str, copied: Any) -> None:
    env = make(tiny, trial="random").unwrapped
    env.reset(seed=0)
    env.step(3)
    twin = copied(env)
    assert play(twin, [1, 2, 3, 4, 0])[1] == play(env, [1, 2, 3, 4, 0])[1]


@pytest.mark.parametrize("action_mode", ["build", "joint"])
def test_gymnasium_collects_pictures(tiny: str, action_mode: str) -> None:
    pytest.importorskip("matplotlib", reason="rgb_array needs matplotlib")
    env = make(tiny, action_mode=action_mode, render_mode="rgb_array_list")
    env.reset(seed=0)
    play(env, [3] * 6)
    pictures = env.render()
    assert len(pictures) == env.get_wrapper_attr("horizon") + 1
    assert {picture.shape[2] for picture in pictures} == {3}


@pytest.mark.parametrize("mode", ["ansi", "svg", "rgb_array"])
def test_rendering_follows_the_decisions(tiny: str, mode: str) -> None:
    if mode == "rgb_array":
        pytest.importorskip("matplotlib", reason="rgb_array needs matplotlib")
    env = make(tiny, render_mode=mode)
    env.reset(seed=0)
    pictures = [env.render()]
    for choice in (3, 0, 1, 2, 4, 3):
        env.step(choice)
        pictures.append(env.render())
    for before, after in itertools.pairwise(pictures):
        assert not np.array_equal(before, after)
    if mode == "ansi":
        assert "nor_conv_3x3" in pictures[-1]
