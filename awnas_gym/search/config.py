"""One agent with one seed on one environment: the configuration of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final

import gymnasium as gym

from awnas_gym.agents.find import find_agent
from awnas_gym.checks import check_whole
from awnas_gym.clock import SimulatedClock
from awnas_gym.config import check_keys, check_settings
from awnas_gym.envs import Budget
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.tables import KINDS

Part = dict[str, Any]
"""A part and its settings: `{"name": "random"}` or `{"id": "awnas/NASBench201-v0", "action_mode": "joint"}`."""

BUDGET: dict[str, type | tuple[type, ...]] = {
    "evaluations": int,
    "cost_s": (int, float),
    "simulated_s": (int, float),
}
"""What a budget may say."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One agent with one seed on one environment.

    Attributes:
        environment: `id` and keywords.
        agent: `name` and settings; the name of an agent of your own is `module:Class`.
        budget: `evaluations`, `cost_s`, `simulated_s`; whatever is spent first ends the run.
        seed: of the agent and, through it, the environment.
        simulated_workers: that evaluate at a time on a simulated clock. An agent that asks and tells asks again as soon
            as one is free; any other has them for what it evaluates between two updates. For recorded costs only.
    """

    environment: Part
    agent: Part
    budget: Part = field(default_factory=lambda: {"evaluations": 300})
    seed: int = 0
    simulated_workers: int = 1

    def __post_init__(self) -> None:
        """Check names, keywords and types where the user wrote them."""
        check_keys(self.budget, where="budget", required={}, optional=BUDGET)
        Budget(**self.budget)
        SimulatedClock(self.simulated_workers)
        name, settings = _split(self.agent, "name", "agent")
        check_settings(find_agent(name), settings, where=f"agent {name}")
        check_whole("seed", self.seed, low=0)

    def make_env(self) -> gym.Env[Any, Any]:
        """Build the environment; wrong ids and keywords get the nearest guess."""
        env_id, keywords = _split(self.environment, "id", "environment")
        if env_id not in gym.registry:
            raise UnknownNameError("environment", env_id, KINDS.load("environment"))
        entry_point = gym.registry[env_id].entry_point
        if isinstance(entry_point, str):
            check_settings(gym.envs.registration.load_env_creator(entry_point), keywords, where=env_id)
        return gym.make(env_id, disable_env_checker=True, **keywords)

    def make_agent(self, env: gym.Env[Any, Any]) -> Any:  # noqa: ANN401 - any agent
        """Build the agent; wrong settings are its own errors."""
        name, settings = _split(self.agent, "name", "agent")
        return find_agent(name)(env, seed=self.seed, **settings)


def _split(part: Part, key: str, kind: str) -> tuple[str, dict[str, Any]]:
    """Return a part's name and its settings."""
    if not isinstance(part, dict) or not isinstance(part.get(key), str):
        raise SettingError(f"{kind} is a mapping with '{key}' and settings, e.g. {{{key}: …}}; got {part!r}")
    return part[key], {name: value for name, value in part.items() if name != key}
