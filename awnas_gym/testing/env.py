"""`check_env`: the contract of environments, on top of Gymnasium's own checker."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np

from awnas_gym.envs import ArchitectureEnv, MultiObjective, RelaxedEnv
from awnas_gym.errors import AgentError
from awnas_gym.testing.contract import by_name, require, run_checks
from awnas_gym.testing.relaxed import RELAXED_ENV_CHECKS

TERMINAL = ("architecture", "arch_key", "metrics", "split", "fidelity", "trial")
"""What the info of an evaluation says."""


def check_env(env: gym.Env[Any, Any], *, seed: int = 0) -> None:
    """Check that an environment keeps Gymnasium's contract and that of `ArchitectureEnv` or `RelaxedEnv`; plays it.

    Args:
        env: to be checked, however wrapped.
        seed: of the episodes.

    Raises:
        ContractError: names the first rule that it breaks.
    """
    inner = env.unwrapped
    if isinstance(inner, RelaxedEnv):
        run_checks(f"environment {type(inner).__name__}", RELAXED_ENV_CHECKS, inner, seed)
        return
    require(
        isinstance(inner, ArchitectureEnv), f"{type(inner).__name__} is no ArchitectureEnv; derive from a kind of it"
    )
    run_checks(f"environment {type(inner).__name__}", ENV_CHECKS, inner, seed)


def _gymnasium(env: ArchitectureEnv, _: int) -> None:
    """Gymnasium's checker has nothing to say."""
    if isinstance(env, MultiObjective):
        return  # it takes a vector reward for a mistake; MO-Gymnasium's LinearReward makes it a number
    from gymnasium.utils.env_checker import check_env as check  # noqa: PLC0415 - slow to import

    check(env, skip_render_check=True)


def _episode(env: ArchitectureEnv, seed: int, *, legal: bool = True) -> list[tuple[Any, ...]]:
    """Return what `step` gave along an episode of random actions."""
    observation, info = env.reset(seed=seed)
    env.action_space.seed(seed)
    steps: list[tuple[Any, ...]] = [(observation, 0.0, False, False, info)]
    while not steps[-1][2] and len(steps) <= env.horizon:
        steps.append(env.step(env.action_space.sample(steps[-1][4]["action_mask"] if legal else None)))
    return steps


def _terminal(env: ArchitectureEnv, seed: int) -> None:
    """An episode ends after `horizon` steps, and the last info names the architecture and its metrics."""
    steps = _episode(env, seed)
    require(steps[-1][2], f"the episode does not terminate after horizon = {env.horizon} steps")
    info = steps[-1][4]
    missing = [name for name in TERMINAL if name not in info]
    require(not missing, f"the last info lacks {', '.join(missing)}")
    arch = env.space.parse(info["architecture"])
    require(env.space.key(arch) == info["arch_key"], "info['arch_key'] is not the key of info['architecture']")
    hidden = [name for name in info["metrics"] if name not in env.judge.visible]
    require(not hidden, f"the agent sees metrics of another split than {env.judge.split!r}: {', '.join(hidden)}")
    require(np.isfinite(np.asarray(steps[-1][1])).all(), f"the reward is {steps[-1][1]}; a finite one is legal")
    try:
        env.step(env.action_space.sample())
    except AgentError:
        return
    require(False, "a step after the end is accepted; raise AgentError")  # noqa: FBT003 - it always fails


def _masks(env: ArchitectureEnv, seed: int) -> None:
    """The mask in `info` equals `action_masks()`; a legal action means itself, every action is answered."""
    _, info = env.reset(seed=seed)
    mask = info["action_mask"]
    flat = np.concatenate(mask) if isinstance(mask, tuple) else mask
    require(np.array_equal(flat, env.action_masks()), "info['action_mask'] differs from action_masks()")
    require(flat.any(), "no action is legal after reset")
    if not isinstance(env.action_space, gym.spaces.MultiDiscrete):  # there a mask is only necessary
        legal = [step[4]["invalid"] for step in _episode(env, seed)[1:]]
        require(not any(legal), "an action that the mask allows is called invalid")
    if env.invalid != "raise":
        require(_episode(env, seed, legal=False)[-1][2], "an episode of illegal actions does not end")


def _determinism(env: ArchitectureEnv, seed: int) -> None:
    """Equal seeds and actions give equal episodes."""
    if not env.judge.evaluator.version:
        return  # it measures or trains
    one, two = _episode(env, seed), _episode(env, seed)
    for a, b in zip(one, two, strict=True):
        require(
            repr(a) == repr(b), f"two episodes with seed {seed} differ: {a} and {b}; draw from self.np_random alone"
        )


def _state(env: ArchitectureEnv, seed: int) -> None:
    """`set_state(get_state())` goes back to where the environment was."""
    if not env.judge.evaluator.version:
        return
    _, info = env.reset(seed=seed)
    state = env.get_state()
    action = env.action_space.sample(info["action_mask"])
    one = repr(env.step(action))
    env.set_state(state)
    require(repr(env.step(action)) == one, "the same step after set_state(get_state()) gives another result")


ENV_CHECKS = by_name(_gymnasium, _terminal, _masks, _determinism, _state)
"""Each by itself: `check(env, seed)`."""
