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
from awnas_gym.spaces.relaxable import Relaxable


def find_space(env: gym.Env[Any, Any]) -> AbstractSpace:
    """Return the search space of an environment, however wrapped; `SettingError` if it has none."""
    try:
        space = env.get_wrapper_attr("space")
    except AttributeError:
        space = None
    if not isinstance(space, AbstractSpace):
        raise SettingError(f"agents play environments with a search space as attribute 'space'; {env} has none")
    return space


def find_fidelities(env: gym.Env[Any, Any]) -> tuple[int, ...]:
    """Return what architectures may be evaluated at, ascending; empty where the environment does not say."""
    return tuple(env.get_wrapper_attr("fidelities")) if env.has_wrapper_attr("fidelities") else ()


def find_fidelity(env: gym.Env[Any, Any]) -> int:
    """Return what architectures are evaluated at now; 0 where the environment does not say."""
    return int(env.get_wrapper_attr("fidelity")) if env.has_wrapper_attr("fidelity") else 0


def find_objectives(env: gym.Env[Any, Any]) -> int | None:
    """Return how many entries a reward has if rewards are vectors; None if they are numbers.

    Vectors are where there is a `reward_space`, the convention of MO-Gymnasium, and no wrapper that weighs their
    entries, its `LinearReward`.
    """
    if not env.has_wrapper_attr("reward_space") or env.has_wrapper_attr("set_weight"):
        return None
    return int(env.get_wrapper_attr("reward_space").shape[0])


Kind = Literal["build", "joint", "edit", "relaxed"]


def find_kind(env: gym.Env[Any, Any]) -> Kind:
    """Tell what an action is.

    The next decision (build), a whole architecture (joint), a changed decision (edit), or how much of each operation is
    on each edge (relaxed).

    Raises:
        SettingError: it is none of them.
    """
    actions, space = env.action_space, find_space(env)
    cardinalities = space.cardinalities
    if isinstance(actions, spaces.MultiDiscrete) and tuple(actions.nvec) == cardinalities:
        return "joint"
    if isinstance(actions, spaces.Discrete) and actions.n == max(cardinalities):
        return "build"
    if isinstance(actions, spaces.Discrete) and actions.n == sum(cardinalities):
        return "edit"
    if isinstance(actions, spaces.Box) and isinstance(space, Relaxable) and actions.shape == (space.edge_legal.size,):
        return "relaxed"
    raise SettingError(
        f"agents play action_mode='build', 'joint' or 'edit', or mixtures; this environment's actions are {actions}"
    )


def check_one_problem(env: gym.Env[Any, Any], who: str) -> None:
    """Refuse an environment in which each episode is another problem, so that rewards cannot be compared.

    Args:
        env: however wrapped.
        who: compares them, for the message.

    Raises:
        SettingError: it is one.
    """
    if env.has_wrapper_attr("varies") and env.get_wrapper_attr("varies"):
        raise SettingError(
            f"{who} looks for one best architecture, and here each episode is another problem; make the environment "
            "with context='…' to search one of them (agents that look at observations learn them all: sb3_ppo, "
            "sb3_maskable_ppo, sb3_a2c, sb3_dqn by their method learn)"
        )


def steps_per_evaluation(env: gym.Env[Any, Any]) -> int:
    """Return the steps that an evaluation takes: one a decision in the build kind, else 1.

    In the edit kind the start of an episode is evaluated too, which takes none. In the relaxed kind it is what an
    episode has, on average, rounded up.
    """
    kind = find_kind(env)
    if kind == "relaxed":
        return int(-(-env.get_wrapper_attr("horizon") // env.get_wrapper_attr("evaluations")))
    return len(find_space(env).cardinalities) if kind == "build" else 1


def prepare(env: gym.Env[Any, Any], archs: ArrayLike, fidelity: ArrayLike | None = None) -> None:
    """Tell an environment which architectures, int `[n, decisions]`, are played next, if it wants to know.

    `fidelity`, one for all or int `[n]`, is that of `play`.
    """
    try:
        hear = env.get_wrapper_attr("prepare")
    except AttributeError:
        return
    hear(archs) if fidelity is None else hear(archs, fidelity=fidelity)


def play(env: gym.Env[Any, Any], archs: ArrayLike, *, fidelity: ArrayLike | None = None) -> NDArray[np.float64]:
    """Play one episode an architecture and return what each earned.

    Args:
        env: seeded by the caller, who has also called `reset` in the relaxed kind: there an architecture is a matrix of
            ones and zeros in each phase up to the next evaluation. In the others each episode is an architecture, and
            `reset()` is called without a seed.
        archs: int `[n, decisions]`, or one row.
        fidelity: at which they are evaluated, one for all or int `[n]`; the environment is then reset to the one it had
            before. None for that one.

    Returns:
        The sum of rewards of each episode, float64 `[n]`, of vectors `[n, objectives]`.

    Raises:
        BudgetExhausted: from the environment; architectures before the one that raised it were evaluated.
        SettingError: the environment is of the edit kind, which is handed no whole architectures; or a fidelity is
            none of its.
        AgentError: an episode did not end with the architecture, or a reward is no number.
    """
    rows, kind = find_space(env).check(archs), find_kind(env)
    if kind == "edit":
        raise SettingError("whole architectures are played with action_mode='build' or 'joint'; here it is 'edit'")
    objectives = find_objectives(env)
    earned = np.empty((len(rows),) if objectives is None else (len(rows), objectives), dtype=np.float64)
    levels = _levels(env, kind, fidelity, len(rows))
    before = find_fidelity(env)
    try:
        for i, row in enumerate(rows):
            if kind == "relaxed":
                earned[i] = _phases(env, row)
                continue
            env.reset(options=None if fidelity is None else {"fidelity": levels[i]})
            earned[i] = _episode(env, [row.astype(np.int64)] if kind == "joint" else row.tolist(), objectives)
    finally:
        if fidelity is not None:
            env.reset(options={"fidelity": before})
    return earned


def _levels(env: gym.Env[Any, Any], kind: Kind, fidelity: ArrayLike | None, n: int) -> list[int]:
    """Return the fidelity of each of `n` architectures; none where none is asked for."""
    if fidelity is None:
        return []
    legal = () if kind == "relaxed" else find_fidelities(env)
    levels: list[int] = np.broadcast_to(fidelity, n).tolist()
    for level in levels:
        if level not in legal:
            raise SettingError(f"fidelity {level!r} is none of this environment's; legal: {list(legal)}")
    return levels


def _phases(env: gym.Env[Any, Any], row: NDArray[Any]) -> float:
    space: Any = find_space(env)
    action = space.relax(row).astype(np.float32).ravel()
    while True:
        _, reward, terminated, truncated, info = env.step(action)
        if terminated or truncated:
            env.reset()
        if "architecture" in info:
            return float(reward)


def _episode(env: gym.Env[Any, Any], actions: Sequence[Any], objectives: int | None) -> Any:  # noqa: ANN401
    """Return the sum of rewards: a number or, if rewards are vectors, float64 `[objectives]`."""
    total: Any = 0.0
    ended = False
    for action in actions:
        _, reward, terminated, truncated, _ = env.step(action)
        ended = terminated or truncated
        total = total + _read_reward(reward, objectives)
    if not ended:
        raise AgentError(
            f"the episode goes on after the whole architecture {actions}; is this environment's kind known?"
        )
    return total


def _read_reward(reward: Any, objectives: int | None) -> Any:  # noqa: ANN401 - whatever the environment gives
    try:
        if objectives is None:
            return float(reward)
        vector = np.asarray(reward, dtype=np.float64)
        if vector.shape == (objectives,):
            return vector
    except (TypeError, ValueError):
        pass
    wanted = "one number" if objectives is None else f"{objectives} numbers"
    raise AgentError(f"a reward is {wanted}; the environment gave {reward!r}")
