"""A score less what the cost exceeds the target by."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.metrics import Metrics
from awnas_gym.objectives.against_cost import PricedCost


@final
class HingeCost(PricedCost):
    """`score - weight * max(0, cost / target - 1)`: below the target nothing is gained.

    Args:
        target: see `AgainstCost`.
        weight: what a cost of twice the target takes from the score, above 0.
        cost: see `AgainstCost`.
        score: see `AgainstCost`.
        split: see `AgainstCost`.
    """

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch]`."""
        excess: NDArray[np.float64] = np.maximum(0.0, self._ratios(metrics) - 1.0)
        return self._scores(metrics) - self.weight * excess
