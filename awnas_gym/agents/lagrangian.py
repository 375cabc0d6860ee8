"""A constraint as a price: rewards less a multiplier times the cost, and an agent that hears them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.agents import AGENTS, CONSTRAINED_AGENTS, RELAXED_AGENTS, VECTOR_AGENTS
from awnas_gym.agents.abstract import AbstractAgent, Callback
from awnas_gym.agents.find import find_agent
from awnas_gym.agents.play import find_kind
from awnas_gym.checks import above_zero, check_real, check_whole
from awnas_gym.config import check_settings
from awnas_gym.errors import AgentError, SettingError, UnknownNameError
from awnas_gym.spaces import Archs

if TYPE_CHECKING:
    from typing_extensions import Self

HINT = "make the environment with objective='constrained(cost=latency_ms, target=…)'"


@final
class LagrangianReward(gym.Wrapper[Any, Any, Any, Any], gym.utils.RecordConstructorArgs):
    """The reward less `multiplier * cost`; the multiplier rises while the mean cost lies above a limit.

    Projected gradient ascent on the dual [Tessler et al., ICLR 2019, equation 8; Ray et al. 2019, PPO-Lagrangian]:
    after each `window` evaluations, `multiplier = max(0, multiplier + rate * (mean cost - limit))`. The cost is
    `info["cost"]`, by how much an evaluated architecture breaks the constraint.

    The multiplier is the only thing kept from episode to episode, and it follows from the evaluations alone: a run that
    is replayed comes to the same one. That is why it lives here, outside of the environment and its history, which hold
    rewards that do not depend on when they are asked for.

    Args:
        env: with an objective that has a constraint, however wrapped.
        rate: of the ascent, above 0.
        limit: of the mean cost, from 0.
        initial: multiplier at the start, from 0.
        window: evaluations between two changes, from 1.

    Attributes:
        multiplier: as it is now.
        mean_cost: of the last window; nan before its end.

    Raises:
        SettingError: a setting out of its range, an environment without a constraint, or one of the edit kind.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        rate: float = 0.2,
        limit: float = 0.01,
        initial: float = 0.0,
        window: int = 10,
    ) -> None:
        gym.utils.RecordConstructorArgs.__init__(self, rate=rate, limit=limit, initial=initial, window=window)
        super().__init__(env)
        if not env.has_wrapper_attr("constrained") or not env.get_wrapper_attr("constrained"):
            raise SettingError(f"a multiplier needs a constraint, and {env} has none; {HINT}")
        if find_kind(env) == "edit":
            raise SettingError("a price is paid for a whole architecture: action_mode='build' or 'joint', not 'edit'")
        self.rate, self.limit = above_zero("rate", rate), check_real("limit", limit)
        self.multiplier, self.window = check_real("initial", initial), check_whole("window", window, low=1)
        self.mean_cost = np.nan
        self._costs: list[float] = []

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:  # noqa: ANN401 - what an agent sends
        """Make the step; what is evaluated pays the price as it is now, and then counts for the next one."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        if "architecture" in info:
            if "cost" not in info:
                raise AgentError(f"no info['cost'] beside an evaluation; {HINT}")
            cost = float(info["cost"])
            reward = float(reward) - self.multiplier * cost
            self._hear(cost)
        return observation, reward, terminated, truncated, info

    def _hear(self, cost: float) -> None:
        self._costs.append(cost)
        if len(self._costs) == self.window:
            self.mean_cost = float(np.mean(self._costs))
            self.multiplier = max(0.0, self.multiplier + self.rate * (self.mean_cost - self.limit))
            self._costs = []

    def get_multiplier_state(self) -> dict[str, Any]:
        """Return multiplier, mean cost and the costs of the window that has begun, as values of JSON."""
        mean_cost = None if np.isnan(self.mean_cost) else self.mean_cost
        return {"multiplier": self.multiplier, "mean_cost": mean_cost, "costs": list(self._costs)}

    def set_multiplier_state(self, state: Mapping[str, Any]) -> None:
        """Go back to a state of `get_multiplier_state`."""
        self.multiplier, self._costs = float(state["multiplier"]), [float(cost) for cost in state["costs"]]
        self.mean_cost = np.nan if state["mean_cost"] is None else float(state["mean_cost"])


@final
class Lagrangian(AbstractAgent):
    """Any agent for scalar rewards under a `LagrangianReward`: with `sb3_ppo`, PPO-Lagrangian [Ray et al. 2019].

    Policy gradients fit: they learn from the last evaluations, which paid the price as it is. What an agent with a
    population remembers was paid at other prices.

    Args:
        env: with an objective that has a constraint; see `LagrangianReward`.
        seed: see `AbstractAgent`.
        agent: name of the agent that plays, see `find_agent`.
        settings: its own.
        rate: see `LagrangianReward`.
        limit: see `LagrangianReward`.
        initial: see `LagrangianReward`.
        window: see `LagrangianReward`.

    Attributes:
        priced: the environment that the agent plays.
        player: the agent.

    Raises:
        UnknownNameError: no such agent.
        SettingError: settings that do not fit, or an environment without a constraint.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        agent: str = "reinforce",
        settings: Mapping[str, Any] | None = None,
        rate: float = 0.2,
        limit: float = 0.01,
        initial: float = 0.0,
        window: int = 10,
    ) -> None:
        super().__init__(env, seed=seed)
        self.priced = LagrangianReward(env, rate=rate, limit=limit, initial=initial, window=window)
        self._own = {"rate": rate, "limit": limit, "initial": initial, "window": window}
        self.agent = agent
        self.player = _make_player(agent, self.priced, self.seed, settings)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"agent": self.agent, "settings": self.player.settings, **self._own}

    @property
    def statistics(self) -> dict[str, float]:
        """Those of the agent that plays, the multiplier, and the mean cost of the last window."""
        own = {"multiplier": self.priced.multiplier, "mean_cost": self.priced.mean_cost}
        return {**self.player.statistics, **own}

    @property
    def policy_updates(self) -> int | None:
        """Of the agent that plays; None if it counts none."""
        return getattr(self.player, "policy_updates", None)

    def learn(self, total_timesteps: int, callback: Callback | None = None) -> Self:
        """Let the agent learn; the callback hears rewards less their price."""
        own = None if callback is None else lambda _, arch, reward: callback(self, arch, reward)
        self.player.learn(total_timesteps, own)
        return self

    def predict(
        self,
        observation: Any,  # noqa: ANN401 - an array or a dictionary
        state: Any = None,  # noqa: ANN401 - handed through
        episode_start: ArrayLike | None = None,
        deterministic: bool = False,  # noqa: FBT001, FBT002 - Stable-Baselines3's signature
    ) -> tuple[NDArray[Any], Any]:
        """Return the agent's next action, and `state` as it came."""
        return self.player.predict(observation, state, episode_start, deterministic)

    def sample(self, n: int, *, seed: int) -> Archs:
        """Return `n` draws of the agent, int `[n, decisions]`."""
        return self.player.sample(n, seed=seed)

    def propose(self, n: int, *, seed: int) -> Archs:
        """Return up to `n` different architectures of the agent, int `[up to n, decisions]`."""
        return self.player.propose(n, seed=seed)

    def save(self, folder: str | Path) -> None:
        """Write the agent into `folder/player`, then the multiplier."""
        self.player.save(Path(folder) / "player")
        super().save(folder)

    @classmethod
    def load(cls, folder: str | Path, env: gym.Env[Any, Any]) -> Self:
        """Return the agent that `save` wrote; `SettingError` if it is another kind or knows another space."""
        agent = super().load(folder, env)
        agent.player = type(agent.player).load(Path(folder) / "player", agent.priced)
        return agent

    def _state(self) -> dict[str, Any]:
        return self.priced.get_multiplier_state()

    def _restore(self, state: dict[str, Any]) -> None:
        self.priced.set_multiplier_state(state)


def _make_player(name: str, env: gym.Env[Any, Any], seed: int, settings: Mapping[str, Any] | None) -> AbstractAgent:
    legal = set(AGENTS) - RELAXED_AGENTS - CONSTRAINED_AGENTS - VECTOR_AGENTS
    if ":" not in name and name not in legal:
        raise UnknownNameError("agent to play under a multiplier", name, legal)
    if settings is not None and not isinstance(settings, Mapping):
        raise SettingError(f"settings are those of {name}, a mapping; got {settings!r}")
    make = find_agent(name)
    check_settings(make, settings or {}, where=f"agent {name}")
    player: AbstractAgent = make(env, seed=seed, **(settings or {}))
    return player
