"""Regularised evolution: tournament selection and mutation, and the oldest individual dies."""

from __future__ import annotations

from collections import deque
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.agents.individuals import best_different
from awnas_gym.checks import check_whole
from awnas_gym.errors import SettingError
from awnas_gym.spaces import Archs


@final
class RegularizedEvolution(AskTellAgent):
    """Aging evolution [Real et al., AAAI 2019, algorithm 1].

    The first `population_size` architectures are random. Then, each time, `sample_size` individuals are drawn
    with replacement, the best of them is mutated in one decision, the child joins and the oldest leaves: a
    good score that was luck has to be earned again.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        population_size: 30, as naszilla [White et al., AAAI 2021] has it. With the 100 of the paper and of
            NAS-Bench-101 the first third of a search of 300 evaluations is random search; with NATS-Bench's 10
            and samples of 3 it ends lower (`experiments/science/agent_settings.py`). As in the paper all of them are
            random at first; naszilla begins with 10.
        sample_size: of the tournament; 10, as naszilla has it.
        batch: see `AskTellAgent`; its children have parents of the same population. 1 is the paper's.
    """

    def __init__(
        self, env: gym.Env[Any, Any], *, seed: int | None = None, population_size: int = 30, sample_size: int = 10,
        batch: int = 1,
    ) -> None:  # fmt: skip
        super().__init__(env, seed=seed)
        self.batch = check_whole("batch", batch, low=1)
        self.population_size = check_whole("population_size", population_size, low=1)
        self.sample_size = check_whole("sample_size", sample_size, low=1)
        if sample_size > population_size:
            raise SettingError(f"sample_size is at most population_size={population_size}; got {sample_size}")
        self._population: deque[tuple[Archs, float]] = deque(maxlen=population_size)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"population_size": self.population_size, "sample_size": self.sample_size, "batch": self.batch}

    @property
    def population(self) -> list[tuple[Archs, float]]:
        """The individuals and their rewards, the oldest first."""
        return list(self._population)

    def ask(self, n: int = 1) -> Archs:
        """Return random architectures while the population grows, then children, int `[n, decisions]`."""
        if len(self._population) < self.population_size:
            return self.space.sample(self._rng, n)
        return np.stack([self.space.mutate(self._parent(), self._rng) for _ in range(n)])

    def propose(self, n: int, *, seed: int) -> Archs:
        """Return the best of the population that differ, at most `n`, int `[up to n, decisions]`."""
        return best_different(self.space, self._population, n)

    def _parent(self) -> Archs:
        contestants = self._rng.integers(self.population_size, size=self.sample_size).tolist()
        return max((self._population[i] for i in contestants), key=lambda individual: individual[1])[0]

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        # The deque drops its oldest entry by itself.
        self._population.extend(zip(archs, rewards.tolist(), strict=True))

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "population": [[arch.tolist(), reward] for arch, reward in self._population]}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._population.extend((self.space.check(arch)[0], reward) for arch, reward in state["population"])
