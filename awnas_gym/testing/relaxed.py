"""The contracts of the relaxed kind: its environments, and the agents that play nothing else."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np

from awnas_gym.agents.abstract import AbstractAgent
from awnas_gym.envs import RelaxedEnv
from awnas_gym.envs.relaxed import PHASES
from awnas_gym.errors import AgentError
from awnas_gym.spaces.relaxable import Relaxable
from awnas_gym.testing.contract import by_name, require
from awnas_gym.testing.mixtures import mixtures_env

STEPS = 8
"""Phases of an environment that are looked at: they train a network."""


def _gymnasium(env: RelaxedEnv, _: int) -> None:
    """Gymnasium's checker has nothing to say."""
    from gymnasium.utils.env_checker import check_env as check  # noqa: PLC0415 - slow to import

    check(env, skip_render_check=True)


def _played(env: RelaxedEnv, seed: int) -> list[tuple[Any, ...]]:
    """Return (phase, action, and what `step` gave) along the first phases."""
    observation, info = env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(min(STEPS, env.horizon)):
        require(PHASES[observation["phase"]] == info["phase"], "the phase of info is not that of the observation")
        action = rng.random(env.action_space.shape, dtype=np.float32) * (rng.random(env.action_space.shape) < 0.5)
        phase = info["phase"]
        observation, reward, terminated, truncated, info = env.step(action)
        require(not terminated, "an episode is truncated, never terminated: it could always go on")
        found.append((phase, action, observation, reward, truncated, info))
    return found


def _phases(env: RelaxedEnv, seed: int) -> None:
    """A phase of weights earns 0; all others say the gradient, the metrics and the architecture."""
    space: Any = env.space
    for phase, action, observation, reward, _, info in _played(env, seed):
        require(("gradient" in info) == (phase != "weights"), f"the info of a phase {phase} has {', '.join(info)}")
        if phase == "weights":
            require(reward == 0, f"a phase of weights earned {reward}")
            continue
        shape = (len(space.edge_names), len(space.edge_operations))
        require(info["gradient"].shape == shape, f"the gradient has the shape {info['gradient'].shape}, not {shape}")
        require(np.isfinite(reward) and np.isfinite(info["gradient"]).all(), "a reward or gradient is not finite")
        off = info["gradient"][action.reshape(shape) == 0]
        require(not off.any(), "what is exactly 0 is not run: its gradient is 0")
        close = np.allclose(observation["gradient"], np.clip(info["gradient"].ravel(), -env.bound, env.bound))
        require(close, "the observation's gradient is not that of info, clipped")
        arch = env.space.genotype(space.discretize(action))
        require(info["architecture"] == arch, f"info says {info['architecture']}; the action stands for {arch}")


def _end(env: RelaxedEnv, seed: int) -> None:
    """An episode is truncated after `horizon` phases; a step after it is refused, as is an action that is none."""
    if env.horizon > STEPS:
        return
    require(_played(env, seed)[-1][4], f"the episode is not truncated after horizon = {env.horizon} phases")
    shape = (len(_played(env, seed)[0][1]),)
    for wrong in (np.ones(shape), np.full(shape, np.nan), np.full(shape, 2.0), np.ones(3)):
        try:
            env.step(wrong)
        except AgentError:
            env.reset()
            continue
        require(False, f"the action {wrong} is accepted")  # noqa: FBT003 - it always fails


def _determinism(env: RelaxedEnv, seed: int) -> None:
    """Equal seeds and actions give equal episodes, on one machine."""
    one, two = (repr([step[2:4] for step in _played(env, seed)]) for _ in range(2))
    require(one == two, f"two episodes with seed {seed} differ")


def _space(env: RelaxedEnv, seed: int) -> None:
    """`discretize` gives back what `relax` was given."""
    space: Any = env.space
    require(isinstance(space, Relaxable), f"{space.name} is no Relaxable")
    for arch in space.sample(np.random.default_rng(seed), 20):
        again = space.discretize(space.relax(arch))
        require(np.array_equal(again, arch), f"discretize(relax(arch)) is {again.tolist()}, not {arch.tolist()}")


RELAXED_ENV_CHECKS = by_name(_gymnasium, _phases, _end, _determinism, _space)
"""Each by itself: `check(env, seed)`."""


def _learned(agent: type[AbstractAgent], settings: dict[str, Any], *, seed: int = 0, callback: Any = None,  # noqa: ANN401
             steps: int = 40) -> tuple[Any, RelaxedEnv, list[str]]:  # fmt: skip
    env, found = mixtures_env(), []
    player = agent(env, seed=seed, **settings)

    def hear(who: Any, arch: Any, reward: float) -> Any:  # noqa: ANN401 - what is under test
        found.append(f"{arch.tolist()} {reward!r}")
        return None if callback is None else callback(who, arch, reward)

    back = player.learn(steps, hear)
    require(back is player, f"learn returns the agent itself; got {back!r}")
    return player, env, found


def _seeds(agent: type[AbstractAgent], settings: dict[str, Any]) -> None:
    """Equal seeds give equal histories, other seeds other ones."""
    one, two, other = (_learned(agent, settings, seed=seed)[2] for seed in (3, 3, 4))
    require(one == two, "two agents with seed 3 play differently; draw from the seed alone")
    require(one != other, "agents with the seeds 3 and 4 play alike; the seed is not used")


def _stopping(agent: type[AbstractAgent], settings: dict[str, Any]) -> None:
    """The callback hears every phase with a gradient, and ends `learn` by False."""
    _, _, found = _learned(agent, settings)
    require(len(found) == 19, f"40 phases, 2 of them to warm up, have 19 gradients; the callback heard {len(found)}")
    _, _, found = _learned(agent, settings, callback=lambda *_: False)
    require(len(found) == 1, f"the callback said False at its first call; it was called {len(found)} times")


def _predictions(agent: type[AbstractAgent], settings: dict[str, Any]) -> None:
    """`predict` gives actions, deterministic ones if asked; `propose` gives architectures."""
    player, env, _ = _learned(agent, settings)
    observation, _ = env.reset()
    one, two = (player.predict(observation, deterministic=True)[0] for _ in range(2))
    require(np.array_equal(one, two), "two deterministic predictions differ")
    for action in (one, player.predict(observation)[0]):
        require(env.action_space.contains(np.asarray(action, dtype=np.float32)), f"predict gives {action!r}: no action")
    player.space.check(player.propose(2, seed=0))


def _files(agent: type[AbstractAgent], settings: dict[str, Any]) -> None:
    """`load` gives back the agent that `save` wrote."""
    player, env, _ = _learned(agent, settings)
    with tempfile.TemporaryDirectory() as folder:
        player.save(folder)
        again = agent.load(folder, env)
    require(again.settings == player.settings, f"settings were {player.settings}, after load {again.settings}")
    observation, _ = env.reset()
    one, two = (each.predict(observation, deterministic=True)[0] for each in (player, again))
    require(np.array_equal(one, two), f"before save it predicts {one}, after load {two}")


RELAXED_AGENT_CHECKS = by_name(_seeds, _stopping, _predictions, _files)
"""Each by itself: `check(agent, settings)`."""
