"""Masks in RLlib's dialect."""

from __future__ import annotations

import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import DtypeObservation, FlattenObservation

from awnas_gym.envs.wrappers import MaskToRLlib
from awnas_gym.errors import SettingError
from tests.envs.episodes import make
from tests.toy import toy_env


@pytest.mark.parametrize("mode", ["build", "edit"])
@pytest.mark.parametrize("flat", [False, True])
def test_check_env(tiny: str, mode: str, flat: bool) -> None:
    env = make(tiny, action_mode=mode).unwrapped
    wrapped = MaskToRLlib(DtypeObservation(FlattenObservation(env), np.float32) if flat else env)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version.*")
        check_env(wrapped, skip_render_check=True)


@pytest.mark.parametrize("kind", ["build", "edit"])
def test_masks_are_those_of_the_environment(kind: str) -> None:
    env = MaskToRLlib(toy_env(kind, invalid="raise"))
    rng = np.random.default_rng(0)
    observation, info = env.reset(seed=0)
    done = False
    while not done:
        assert observation["action_mask"].dtype == np.float32
        np.testing.assert_array_equal(observation["action_mask"], info["action_mask"])
        action = rng.choice(np.flatnonzero(observation["action_mask"]))
        observation, _, done, _, info = env.step(int(action))
    assert not observation["action_mask"].any()


@pytest.mark.parametrize(
    ("env", "message"),
    [
        (lambda: toy_env("joint"), "action_mode='build' or 'edit'"),
        (lambda: toy_env(mask_in_obs=True), "without mask_in_obs"),
        (lambda: gym.make("CartPole-v1"), "an environment with action_masks"),
    ],
)
def test_what_cannot_be_masked_is_refused(env: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        MaskToRLlib(env())
