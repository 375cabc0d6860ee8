"""A score under a constraint."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.metrics import Metrics
from awnas_gym.objectives.against_cost import AgainstCost


@final
class Constrained(AgainstCost):
    """The score as it is, under the constraint `cost <= target`; the violation is `max(0, cost / target - 1)`.

    The reward does not say whether the constraint holds: environments put the violation into `info["cost"]`, as in safe
    reinforcement learning, and whoever picks an architecture looks at those first that keep it. A multiplier that
    weighs reward and violation, and changes during a search, belongs to the agent (`agents.lagrangian`).

    Args:
        target: the highest cost that is legal, above 0, in the unit of the metric.
        cost: see `AgainstCost`.
        score: see `AgainstCost`.
        split: see `AgainstCost`.
    """

    constrained = True

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the scores, float64 `[batch]`."""
        return self._scores(metrics)

    def violation(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return by what share of the target the cost is above it, float64 `[batch]`."""
        excess: NDArray[np.float64] = np.maximum(0.0, self._ratios(metrics) - 1.0)
        return excess
