"""How tests make the environment of the tiny table, and play it."""

from typing import Any

import gymnasium as gym
import numpy as np

import awnas_gym  # noqa: F401 - registers the ids

ID = "awnas/NASBench201-v0"
MODES = [
    {},
    {"action_mode": "joint"},
    {"mask_in_obs": True},
    {"action_mode": "joint", "mask_in_obs": True},
    {"trial": "random"},
    {"reward": "normalised"},
    {"split": "test", "fidelity": 2, "trial": 1},
    {"objective": "soft_cost(target=1)"},
    {"action_mode": "edit", "edits": 4},
    {"action_mode": "edit", "mask_in_obs": True, "trial": "random"},
]


def make(tiny: str, **keywords: Any) -> gym.Env:
    return gym.make(ID, **{"dataset": tiny, **keywords})


def play(env: gym.Env, arch: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
    """Hand over one architecture by the actions of the build or the joint kind."""
    if isinstance(env.action_space, gym.spaces.MultiDiscrete):
        return env.step(np.asarray(arch))
    for choice in arch:
        result = env.step(int(choice))
    return result
