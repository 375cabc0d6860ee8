"""`check_agent`: the contract of agents, played on the embedded table."""

from __future__ import annotations

import tempfile
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.agents.abstract import AbstractAgent
from awnas_gym.errors import SettingError
from awnas_gym.testing.contract import by_name, require, run_checks
from awnas_gym.testing.mixtures import mixtures_env
from awnas_gym.testing.relaxed import RELAXED_AGENT_CHECKS

EVALUATIONS = 30


def check_agent(
    agent: type[AbstractAgent],
    *,
    id_: str | EnvSpec = "awnas/NASBench201-v0",
    **settings: Any,  # noqa: ANN401
) -> None:
    """Check that a class of agents keeps the contract of `AbstractAgent`, in the build and the joint kind.

    One that plays mixtures alone is checked on some that need no network.

    Args:
        agent: the class.
        id_: of an environment with both kinds whose numbers do not change, or its specification, with keywords.
        settings: of the agent, e.g. small ones.

    Raises:
        ContractError: names the first rule that it breaks.
    """
    require(isinstance(agent, type) and issubclass(agent, AbstractAgent), f"{agent!r} is no subclass of AbstractAgent")
    kinds = []
    for kind in ("build", "joint"):
        try:
            agent(gym.make(id_, action_mode=kind), seed=0, **settings)
            kinds.append(kind)
        except SettingError:
            continue  # it says that it does not play that kind
    if not kinds and _plays_mixtures(agent, settings):
        run_checks(f"agent {agent.__name__} (relaxed)", RELAXED_AGENT_CHECKS, agent, settings)
        return
    require(kinds, f"{agent.__name__} plays neither the build, the joint nor the relaxed kind")
    for kind in kinds:
        run_checks(f"agent {agent.__name__} ({kind})", AGENT_CHECKS, agent, id_, kind, settings)


def _plays_mixtures(agent: type[AbstractAgent], settings: dict[str, Any]) -> bool:
    try:
        agent(mixtures_env(), seed=0, **settings)
    except SettingError:
        return False
    return True


@final
class _Counter(gym.Wrapper[Any, Any, Any, Any]):
    """Counts steps and keeps what was evaluated."""

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        super().__init__(env)
        self.steps = 0
        self.found: list[tuple[str, Any]] = []  # rewards are numbers, or lists of them

    def step(self, action: Any) -> Any:  # noqa: ANN401 - whatever comes
        result = super().step(action)
        self.steps += 1
        if "architecture" in result[4]:
            self.found.append((result[4]["architecture"], np.asarray(result[1], dtype=np.float64).tolist()))
        return result


def _learned(
    agent: type[AbstractAgent],
    id_: str | EnvSpec,
    kind: str,
    settings: dict[str, Any],
    *,
    seed: int = 0,
    callback: Any = None,  # noqa: ANN401
) -> tuple[AbstractAgent, _Counter]:
    env = _Counter(gym.make(id_, action_mode=kind))
    player = agent(env, seed=seed, **settings)
    back = player.learn(EVALUATIONS * env.get_wrapper_attr("horizon"), callback)
    require(back is player, f"learn returns the agent itself; got {back!r}")
    return player, env


def _learning(agent: type[AbstractAgent], id_: str | EnvSpec, kind: str, settings: dict[str, Any]) -> None:
    """`learn(n)` plays n steps, more at most to fill a batch, and returns the agent."""
    _, env = _learned(agent, id_, kind, settings)
    steps = EVALUATIONS * env.get_wrapper_attr("horizon")
    require(env.steps >= steps, f"learn({steps}) played {env.steps} steps")
    require(len(env.found) >= EVALUATIONS, f"{env.steps} steps finished {len(env.found)} architectures")


def _seeds(agent: type[AbstractAgent], id_: str | EnvSpec, kind: str, settings: dict[str, Any]) -> None:
    """Equal seeds give equal histories, other seeds other ones."""
    one, two, other = (_learned(agent, id_, kind, settings, seed=seed)[1].found for seed in (3, 3, 4))
    require(one == two, "two agents with seed 3 play differently; draw from the seed alone")
    require(one != other, "agents with the seeds 3 and 4 play alike; the seed is not used")


def _callbacks(agent: type[AbstractAgent], id_: str | EnvSpec, kind: str, settings: dict[str, Any]) -> None:
    """The callback gets agent, architecture and reward after every evaluation; False ends `learn`."""
    seen: list[tuple[Any, Any, float]] = []

    def stop(player: Any, arch: Any, reward: float) -> bool:  # noqa: ANN401 - what is under test
        seen.append((player, arch, reward))
        return len(seen) < 5

    player, env = _learned(agent, id_, kind, settings, callback=stop)
    require(len(seen) == 5, f"the callback said False at its fifth call; it was called {len(seen)} times")
    for (who, arch, reward), (genotype, earned) in zip(seen, env.found, strict=False):
        require(who is player, "the callback's first argument is the agent")
        require(player.space.genotype(arch) == genotype, f"the callback gets {arch}; {genotype} was evaluated")
        close = np.allclose(reward, earned, rtol=1e-6, atol=1e-6)  # some libraries count in float32
        require(close, f"the callback gets the reward {reward}; {earned} was earned")


def _predictions(agent: type[AbstractAgent], id_: str | EnvSpec, kind: str, settings: dict[str, Any]) -> None:
    """`predict` gives legal actions, deterministic ones if asked, and plays an episode to its end."""
    player, env = _learned(agent, id_, kind, settings)
    observation, info = env.reset(seed=0)
    terminated = False
    while not terminated:
        one, state = player.predict(observation, deterministic=True)
        two, _ = player.predict(observation, deterministic=True)
        require(np.array_equal(one, two), f"two deterministic predictions differ: {one} and {two}")
        require(env.action_space.contains(np.asarray(one).astype(np.int64)), f"predict gives {one!r}: no action")
        observation, _, terminated, _, info = env.step(one if np.ndim(one) else int(one))
        require(not info["invalid"], f"predict gives {one}, which the mask forbids")
    require(state is None or isinstance(state, tuple), f"predict returns (action, state); got the state {state!r}")


def _files(agent: type[AbstractAgent], id_: str | EnvSpec, kind: str, settings: dict[str, Any]) -> None:
    """`load` gives back the agent that `save` wrote."""
    player, env = _learned(agent, id_, kind, settings)
    with tempfile.TemporaryDirectory() as folder:
        player.save(folder)
        again = agent.load(folder, env)
    require(again.settings == player.settings, f"settings were {player.settings}, after load {again.settings}")
    observation, _ = env.reset(seed=0)
    one, two = (each.predict(observation, deterministic=True)[0] for each in (player, again))
    require(np.array_equal(one, two), f"before save it predicts {one}, after load {two}")


AGENT_CHECKS = by_name(_learning, _seeds, _callbacks, _predictions, _files)
"""Each by itself: `check(agent, id_, kind, settings)`."""
