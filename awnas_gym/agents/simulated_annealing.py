"""Simulated annealing: a random walk that accepts worse steps ever more rarely."""

from __future__ import annotations

import math
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.checks import check_real, check_whole
from awnas_gym.spaces import Archs


def acceptance(change: float, temperature: float) -> float:
    """Return the probability to accept a step that changes the reward by `change` [Metropolis et al. 1953]."""
    if change >= 0:
        return 1.0
    return math.exp(change / temperature) if temperature > 0 else 0.0


@final
class SimulatedAnnealing(AskTellAgent):
    """Mutate one decision; accept by Metropolis' rule; cool geometrically [Kirkpatrick et al., Science 1983].

    The walk starts at the best of `starts` random architectures. Their rewards also give the initial
    temperature, so it fits whatever scale the rewards have.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        starts: random architectures before the walk.
        temperature: the initial one, in units of reward; None measures it: a quarter of the interquartile range
            of the first rewards.
        final_ratio: last temperature / initial temperature.
        cooling_evaluations: steps of the walk over which it cools; it then stays at the last temperature.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        starts: int = 10,
        temperature: float | None = None,
        final_ratio: float = 0.01,
        cooling_evaluations: int = 300,
    ) -> None:
        super().__init__(env, seed=seed)
        self.starts = check_whole("starts", starts, low=1)
        self.initial_temperature = temperature if temperature is None else check_real("temperature", temperature)
        self.final_ratio = check_real("final_ratio", final_ratio, high=1.0, exclude_low=True)
        self.cooling_evaluations = check_whole("cooling_evaluations", cooling_evaluations, low=1)
        self._first: list[float] = []
        self._current: Archs | None = None
        self._current_reward = -math.inf
        self._walked = 0

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {
            "starts": self.starts,
            "temperature": self.initial_temperature,
            "final_ratio": self.final_ratio,
            "cooling_evaluations": self.cooling_evaluations,
        }

    @property
    def temperature(self) -> float:
        """The temperature now, in units of reward."""
        start = self.initial_temperature
        if start is None:
            low, high = np.quantile(self._first, [0.25, 0.75]) if self._first else (0.0, 0.0)
            start = float(high - low) / 4
        return start * float(self.final_ratio ** min(1.0, self._walked / self.cooling_evaluations))

    def ask(self, n: int = 1) -> Archs:
        """Return random architectures before the walk, then mutations of where it stands, int `[n, decisions]`."""
        if self._current is None or len(self._first) < self.starts:
            return self.space.sample(self._rng, n)
        return np.stack([self.space.mutate(self._current, self._rng) for _ in range(n)])

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        for arch, reward in zip(archs, rewards.tolist(), strict=True):
            change = reward - self._current_reward
            if len(self._first) < self.starts:
                self._first.append(reward)
                accepted = change > 0
            else:
                accepted = self._rng.random() < acceptance(change, self.temperature)
                self._walked += 1
            if accepted:
                self._current, self._current_reward = arch, reward

    def _state(self) -> dict[str, Any]:
        current = None if self._current is None else [self._current.tolist(), self._current_reward]
        return {**super()._state(), "first": self._first, "current": current, "walked": self._walked}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._first, self._walked = state["first"], state["walked"]
        if state["current"] is not None:
            row, self._current_reward = state["current"]
            self._current = self.space.check(row)[0]
