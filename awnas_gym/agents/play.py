"""Hand whole architectures to an environment, whichever way it takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import AgentError, SettingError
from awnas_gym.spaces import AbstractSpace


def find_space(env: gym.Env[Any, Any]) -> AbstractSpace:
    """Return the search space of an environment, however wrapped; `SettingError` if it has none."""
    try:
        space = env.get_wrapper_attr("space")
    except AttributeError:
        space = None
    if not isinstance(space, AbstractSpace):
        raise SettingError(f"agents play environments with a search space as attribute 'space'; {env} has none")
    return space


def is_joint(env: gym.Env[Any, Any]) -> bool:
    """Tell whether an action is a whole architecture (joint) or the next decision (build).

    Raises:
        SettingError: it is neither, so no architecture can be handed over.
    """
    actions, cardinalities = env.action_space, find_space(env).cardinalities
    if isinstance(actions, spaces.MultiDiscrete) and tuple(actions.nvec) == cardinalities:
        return True
    if isinstance(actions, spaces.Discrete) and actions.n == max(cardinalities):
        return False
    raise SettingError(f"agents play action_mode='build' or 'joint'; this environment's actions are {actions}")


def steps_per_evaluation(env: gym.Env[Any, Any]) -> int:
    """Return the steps of an episode, which ends with one evaluation: 1 in the joint kind, else one a decision."""
    return 1 if is_joint(env) else len(find_space(env).cardinalities)


def play(env: gym.Env[Any, Any], archs: ArrayLike) -> NDArray[np.float64]:
    """Play one episode an architecture and return what each earned.

    Args:
        env: of the build or the joint kind, seeded by the caller; `reset()` is called without a seed.
        archs: int `[n, decisions]`, or one row.

    Returns:
        The sum of rewards of each episode, float64 `[n]`.

    Raises:
        BudgetExhausted: from the environment; architectures before the one that raised it were evaluated.
        AgentError: an episode did not end with the architecture, or a reward is no number.
    """
    rows, joint = find_space(env).check(archs), is_joint(env)
    earned = np.empty(len(rows), dtype=np.float64)
    for i, row in enumerate(rows):
        earned[i] = _episode(env, [row.astype(np.int64)] if joint else row.tolist())
    return earned


def _episode(env: gym.Env[Any, Any], actions: Sequence[Any]) -> float:
    total, ended = 0.0, False
    env.reset()
    for action in actions:
        _, reward, terminated, truncated, _ = env.step(action)
        ended = terminated or truncated
        try:
            total += float(reward)
        except (TypeError, ValueError):
            raise AgentError(f"a reward is one number; the environment gave {reward!r}") from None
    if not ended:
        raise AgentError(
            f"the episode goes on after the whole architecture {actions}; is this environment's kind known?"
        )
    return total
