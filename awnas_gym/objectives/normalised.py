"""Put an objective on a scale that means the same on every benchmark."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError
from awnas_gym.metrics import Metrics
from awnas_gym.objectives.abstract import AbstractObjective


@final
class Normalised(AbstractObjective):
    """0 = the mean random architecture, 1 = the best.

    Args:
        objective: what is put on the scale.
        mean_random: its mean over the space.
        best: its maximum over the space.

    Raises:
        SettingError: all architectures are equal, so there is no such scale.
    """

    def __init__(self, objective: AbstractObjective, *, mean_random: float, best: float) -> None:
        if not best > mean_random:
            raise SettingError(f"best={best} is not above mean_random={mean_random}; there is nothing to normalise")
        self.objective, self.mean_random, self.best = objective, mean_random, best
        self.needs, self.constrained = objective.needs, objective.constrained

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch]`, 1 at most."""
        return (self.objective(metrics) - self.mean_random) / (self.best - self.mean_random)

    def violation(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the objective's own violation, float64 `[batch]`."""
        return self.objective.violation(metrics)
