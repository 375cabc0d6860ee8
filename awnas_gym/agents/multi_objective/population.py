"""Individuals with vector rewards, and who of them survives: pymoo's selection on our architectures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from pymoo.algorithms.moo.nsga3 import ReferenceDirectionSurvival
from pymoo.core.population import Population as Individuals
from pymoo.core.problem import Problem
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding
from pymoo.util.ref_dirs import get_reference_directions

from awnas_gym.spaces import AbstractSpace, Archs


@final
@dataclass(frozen=True)
class Population:
    """Architectures and what they earned.

    Attributes:
        archs: int `[size, decisions]`.
        rewards: float64 `[size, objectives]`, more is better.
        ranks: int64 `[size]`, of the front that each is on, 0 is the best; None before a selection.
        crowding: float64 `[size]`, how far the neighbours on its front are; None before a selection.
    """

    archs: Archs
    rewards: NDArray[np.float64]
    ranks: NDArray[np.int64] | None = None
    crowding: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.archs)

    def with_more(self, archs: Archs, rewards: NDArray[np.float64]) -> Population:
        """Return these and others, before a selection."""
        if not len(self):
            return Population(archs, rewards)
        return Population(np.concatenate([self.archs, archs]), np.concatenate([self.rewards, rewards]))

    def select(self, size: int, rng: np.random.Generator) -> Population:
        """Return the survivors of NSGA-II: whole fronts, and of the last one those with the most room."""
        individuals, problem = _pymoo(self.rewards)
        chosen = RankAndCrowding().do(problem, individuals, n_survive=size, random_state=rng)
        places = chosen.get("place").astype(np.int64)
        ranks, crowding = chosen.get("rank").astype(np.int64), chosen.get("crowding").astype(np.float64)
        return Population(self.archs[places], self.rewards[places], ranks, crowding)

    def state(self) -> dict[str, Any]:
        """Return them as values of JSON."""
        crowding = None if self.crowding is None else [None if np.isinf(c) else float(c) for c in self.crowding]
        ranks = None if self.ranks is None else self.ranks.tolist()
        return {"archs": self.archs.tolist(), "rewards": self.rewards.tolist(), "ranks": ranks, "crowding": crowding}

    @classmethod
    def restored(cls, state: dict[str, Any], space: AbstractSpace) -> Population:
        """Return those of a `state`."""
        archs = np.array(state["archs"], dtype=space.dtype).reshape(-1, len(space.cardinalities))
        crowding = state["crowding"]
        if not len(archs):
            return nobody(space)
        return cls(
            archs,
            np.array(state["rewards"], dtype=np.float64).reshape(len(archs), -1),
            None if state["ranks"] is None else np.array(state["ranks"], dtype=np.int64),
            None if crowding is None else np.array([np.inf if c is None else c for c in crowding]),
        )


def nobody(space: AbstractSpace) -> Population:
    """Return an empty population."""
    return Population(np.zeros((0, len(space.cardinalities)), dtype=space.dtype), np.zeros((0, 0)))


def _pymoo(rewards: NDArray[np.float64]) -> tuple[Any, Any]:
    """Return pymoo's individuals, which minimise and know their place, and a problem without constraints."""
    individuals = Individuals.new("F", -rewards)
    individuals.set("place", np.arange(len(rewards)))
    return individuals, Problem(n_var=1, n_obj=rewards.shape[1])


def reference_point_survivors(rewards: NDArray[np.float64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the places of NSGA-III's survivors among rewards `[n, objectives]`, int64 `[size]`, the best fronts first.

    The reference directions are those of Das and Dennis, as many as fit into `size`.
    """
    objectives, partitions = rewards.shape[1], 1
    while _directions(objectives, partitions + 1) <= size:
        partitions += 1
    directions = get_reference_directions("das-dennis", objectives, n_partitions=partitions)
    individuals, problem = _pymoo(rewards)
    chosen = ReferenceDirectionSurvival(directions).do(problem, individuals, n_survive=size, random_state=rng)
    places: NDArray[np.int64] = chosen.get("place").astype(np.int64)
    return places


def _directions(objectives: int, partitions: int) -> int:
    return math.comb(objectives + partitions - 1, partitions)
