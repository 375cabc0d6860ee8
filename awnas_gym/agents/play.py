"""Hand whole architectures to an environment, whichever way it takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

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


def find_kind(env: gym.Env[Any, Any]) -> Literal["build", "joint", "edit"]:
    """Tell whether an action is the next decision (build), a whole architecture (joint) or a changed decision (edit).

    Raises:
        SettingError: it is none of them.
    """
    actions, cardinalities = env.action_space, find_space(env).cardinalities
    if isinstance(actions, spaces.MultiDiscrete) and tuple(actions.nvec) == cardinalities:
        return "joint"
    if isinstance(actions, spaces.Discrete) and actions.n == max(cardinalities):
        return "build"
    if isinstance(actions, spaces.Discrete) and actions.n == sum(cardinalities):
        return "edit"
    raise SettingError(f"agents play action_mode='build', 'joint' or 'edit'; this environment's actions are {actions}")


def steps_per_evaluation(env: gym.Env[Any, Any]) -> int:
    """Return the steps that an evaluation takes: one a decision in the build kind, else 1.

    In the edit kind the start of an episode is evaluated too, which takes none.
    """
    return len(find_space(env).cardinalities) if find_kind(env) == "build" else 1


def prepare(env: gym.Env[Any, Any], archs: ArrayLike) -> None:
    """Tell an environment which architectures, int `[n, decisions]`, are played next, if it wants to know."""
    try:
        hear = env.get_wrapper_attr("prepare")
    except AttributeError:
        return
    hear(archs)


def play(env: gym.Env[Any, Any], archs: ArrayLike) -> NDArray[np.float64]:
    """Play one episode an architecture and return what each earned.

    Args:
        env: of the build or the joint kind, seeded by the caller; `reset()` is called without a seed.
        archs: int `[n, decisions]`, or one row.

    Returns:
        The sum of rewards of each episode, float64 `[n]`.

    Raises:
        BudgetExhausted: from the environment; architectures before the one that raised it were evaluated.
        SettingError: the environment is of the edit kind, which is handed no whole architectures.
        AgentError: an episode did not end with the architecture, or a reward is no number.
    """
    rows, kind = find_space(env).check(archs), find_kind(env)
    if kind == "edit":
        raise SettingError("whole architectures are played with action_mode='build' or 'joint'; here it is 'edit'")
    earned = np.empty(len(rows), dtype=np.float64)
    for i, row in enumerate(rows):
        earned[i] = _episode(env, [row.astype(np.int64)] if kind == "joint" else row.tolist())
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
