"""A score less how far the cost is from the target, on either side."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.metrics import Metrics
from awnas_gym.objectives.against_cost import PricedCost


@final
class AbsoluteCost(PricedCost):
    """`score - weight * |cost / target - 1|` [TuNAS, Bender et al., CVPR 2020, section 3; its beta is -weight].

    A policy is drawn to the target from both sides, so that no exponent has to be tuned until it gets there.

    Args:
        target: see `AgainstCost`.
        weight: what a cost of twice the target, or none, takes from the score, above 0.
        cost: see `AgainstCost`.
        score: see `AgainstCost`.
        split: see `AgainstCost`.
    """

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch]`."""
        return self._scores(metrics) - self.weight * np.abs(self._ratios(metrics) - 1.0)
