"""A score against a cost, hard above the target."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.metrics import Metrics
from awnas_gym.objectives.against_cost import AgainstCost


@final
class HardCost(AgainstCost):
    """The score up to the target, `score * target / cost` above [MnasNet, equation 2, alpha = 0, beta = -1].

    Args:
        target: see `AgainstCost`.
        cost: see `AgainstCost`.
        score: see `AgainstCost`; one to be maximised.
        split: see `AgainstCost`.
    """

    def __init__(
        self, *, target: float, cost: str = "latency_ms", score: str = "accuracy", split: str = "valid"
    ) -> None:
        super().__init__(target=target, cost=cost, score=score, split=split)
        self._require_maximised()

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch]`."""
        rewards: NDArray[np.float64] = self._scores(metrics) / np.maximum(1.0, self._ratios(metrics))
        return rewards
