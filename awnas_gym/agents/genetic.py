"""A genetic algorithm: tournaments, crossover, mutation, and the best of parents and children survive."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.agents.individuals import Individual, best_different
from awnas_gym.checks import check_real, check_whole
from awnas_gym.spaces import Archs


@final
class Genetic(AskTellAgent):
    """(mu + lambda) selection with uniform crossover [Eiben & Smith, Introduction to Evolutionary Computing, 2015].

    The first `population_size` architectures are random. Then as many children are made: two parents, each the better
    of two that are drawn, are crossed with odds `crossover`, and a child that is no mixture of two different ones is
    mutated in one decision, as is each other one with odds `mutation`. The best of parents and children are the next
    parents; of equal rewards the younger.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        population_size: parents, and children of a generation.
        crossover: odds in [0, 1] of having two parents.
        mutation: odds in [0, 1] that a crossed child is mutated too.
        batch: see `AskTellAgent`.
    """

    def __init__(
        self, env: gym.Env[Any, Any], *, seed: int | None = None, population_size: int = 20, crossover: float = 0.5,
        mutation: float = 0.5, batch: int = 1,
    ) -> None:  # fmt: skip
        super().__init__(env, seed=seed)
        self.batch = check_whole("batch", batch, low=1)
        self.population_size = check_whole("population_size", population_size, low=2)
        self.crossover, self.mutation = (
            check_real("crossover", crossover, high=1.0),
            check_real("mutation", mutation, high=1.0),
        )
        self._parents: list[Individual] = []
        self._children: list[Individual] = []

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {
            "population_size": self.population_size, "crossover": self.crossover, "mutation": self.mutation,
            "batch": self.batch,
        }  # fmt: skip

    @property
    def population(self) -> list[Individual]:
        """The parents and their rewards, the best first; empty before there are enough."""
        return list(self._parents)

    def ask(self, n: int = 1) -> Archs:
        """Return random architectures before there are parents, then children, int `[n, decisions]`."""
        if not self._parents:
            return self.space.sample(self._rng, n)
        return np.stack([self._child() for _ in range(n)])

    def propose(self, n: int, *, seed: int) -> Archs:
        """Return the best of parents and children that differ, at most `n`, int `[up to n, decisions]`."""
        return best_different(self.space, [*self._parents, *self._children], n)

    def _child(self) -> Archs:
        mother = self._winner()
        if self._rng.random() < self.crossover:
            father = self._winner()
            child = self.space.crossover(mother, father, self._rng)
            is_new = not (np.array_equal(child, mother) or np.array_equal(child, father))
            if is_new and self._rng.random() >= self.mutation:
                return child
            mother = child
        return self.space.mutate(mother, self._rng)

    def _winner(self) -> Archs:
        first, second = (self._parents[i] for i in self._rng.integers(self.population_size, size=2).tolist())
        winner: Archs = (first if first[1] >= second[1] else second)[0]
        return winner

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        for individual in zip(archs, rewards.tolist(), strict=True):
            self._children.append(individual)
            if len(self._children) == self.population_size:
                young_first = [*reversed(self._children), *self._parents]
                self._parents = sorted(young_first, key=lambda each: -each[1])[: self.population_size]
                self._children = []

    def _state(self) -> dict[str, Any]:
        groups = {"parents": self._parents, "children": self._children}
        return {
            **super()._state(),
            **{name: [[arch.tolist(), reward] for arch, reward in group] for name, group in groups.items()},
        }

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._parents, self._children = (
            [(self.space.check(arch)[0], reward) for arch, reward in state[name]] for name in ("parents", "children")
        )
