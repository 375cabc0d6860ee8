"""Pareto evolution: mutations of architectures that nothing dominates."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.multi_objective.abstract import VectorAgent
from awnas_gym.checks import check_whole
from awnas_gym.spaces import Archs


@final
class ParetoEvolution(VectorAgent):
    """Mutate a random member of the front (aw_nas's `pareto-evo`).

    Args:
        env: see `AbstractAgent`; rewards are vectors.
        seed: see `AbstractAgent`.
        initial: random architectures at the start; aw_nas has 100.
        batch: see `AskTellAgent`.
    """

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None = None, initial: int = 100, batch: int = 1) -> None:
        super().__init__(env, seed=seed)
        self.initial = check_whole("initial", initial, low=1)
        self.batch = check_whole("batch", batch, low=1)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"initial": self.initial, "batch": self.batch}

    def _child(self) -> Archs:
        if self.evaluations < self.initial:
            row: Archs = self.space.sample(self._rng, 1)[0]
            return row
        return self.space.mutate(self.front.archs[self._rng.integers(len(self.front))], self._rng)

    def _learn(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        """Learn nothing; the front is kept by the base class."""
