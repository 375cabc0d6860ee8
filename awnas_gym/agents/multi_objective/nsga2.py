"""NSGA-II: fronts, room on the last of them, tournaments, crossover and mutation."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.multi_objective.abstract import VectorAgent
from awnas_gym.agents.multi_objective.population import Population, nobody
from awnas_gym.checks import check_real, check_whole
from awnas_gym.spaces import Archs


@final
class NSGA2(VectorAgent):
    """Non-dominated sorting genetic algorithm II [Deb et al., IEEE TEC 2002].

    The first `population_size` architectures are random. Each generation has as many children of parents that won
    binary tournaments by front, then by crowding distance; of parents and children the best fronts survive. Fronts
    and distances are pymoo's. Crossover takes each decision of one of two parents, mutation changes one decision; both
    are the space's own and leave legal architectures.

    Args:
        env: see `AbstractAgent`; rewards are vectors.
        seed: see `AbstractAgent`.
        population_size: survivors of a generation, and children. On NAS-Bench-201 20, 30 and 50 end alike, and the
            smaller are ahead in the first hundreds of evaluations (`experiments/science/nsga2_hypervolume.py`).
        crossover: share of children that have two parents, as in the paper.
        mutation: share of these that are mutated too; children of one parent always are.
        batch: see `AskTellAgent`; a generation has the same parents however it is asked for.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        population_size: int = 30,
        crossover: float = 0.9,
        mutation: float = 0.5,
        batch: int = 1,
    ) -> None:
        super().__init__(env, seed=seed)
        self.population_size = check_whole("population_size", population_size, low=2)
        self.crossover = check_real("crossover", crossover, high=1.0)
        self.mutation = check_real("mutation", mutation, high=1.0)
        self.batch = check_whole("batch", batch, low=1)
        self._parents, self._children = nobody(self.space), nobody(self.space)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {
            "population_size": self.population_size,
            "crossover": self.crossover,
            "mutation": self.mutation,
            "batch": self.batch,
        }

    @property
    def population(self) -> Population:
        """The survivors of the last generation; nobody in the first one."""
        return self._parents

    def _child(self) -> Archs:
        if not len(self._parents):
            row: Archs = self.space.sample(self._rng, 1)[0]
            return row
        child = self._parent()
        if self._rng.random() < self.crossover:
            child = self.space.crossover(child, self._parent(), self._rng)
            if self._rng.random() >= self.mutation:
                return child
        return self.space.mutate(child, self._rng)

    def _parent(self) -> Archs:
        """Return the winner of a binary tournament: a better front, on the same one more room, else by chance."""
        ranks, crowding = self._parents.ranks, self._parents.crowding
        assert ranks is not None  # noqa: S101 - parents were selected
        assert crowding is not None  # noqa: S101 - likewise
        a, b = self._rng.integers(len(self._parents), size=2).tolist()
        row: Archs = self._parents.archs[b if (ranks[b], -crowding[b]) < (ranks[a], -crowding[a]) else a]
        return row

    def _learn(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        for arch, reward in zip(archs, rewards, strict=True):
            self._children = self._children.with_more(arch[None], reward[None])
            if len(self._children) == self.population_size:
                everyone = self._parents.with_more(self._children.archs, self._children.rewards)
                self._parents = everyone.select(self.population_size, self._rng)
                self._children = nobody(self.space)

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "parents": self._parents.state(), "children": self._children.state()}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._parents = Population.restored(state["parents"], self.space)
        self._children = Population.restored(state["children"], self.space)
