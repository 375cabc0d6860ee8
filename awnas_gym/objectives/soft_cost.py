"""A score against a cost, softly."""

from __future__ import annotations

import math
from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError
from awnas_gym.metrics import Metrics
from awnas_gym.objectives.against_cost import AgainstCost


@final
class SoftCost(AgainstCost):
    """`score * (cost / target) ** exponent` [MnasNet, Tan et al. 2019, equation 2, alpha = beta].

    With the paper's exponent of -0.07, a doubled latency leaves a factor of .9526: it is paid for by 5 % more accuracy.

    Args:
        target: the cost at which the score counts as it is, above 0, in the unit of the metric.
        cost: see `AgainstCost`.
        score: see `AgainstCost`; one to be maximised.
        exponent: below 0.
        split: see `AgainstCost`.
    """

    def __init__(
        self,
        *,
        target: float,
        cost: str = "latency_ms",
        score: str = "accuracy",
        exponent: float = -0.07,
        split: str = "valid",
    ) -> None:
        super().__init__(target=target, cost=cost, score=score, split=split)
        self._require_maximised()
        if isinstance(exponent, bool) or not isinstance(exponent, (int, float)) or not -math.inf < exponent < 0:
            raise SettingError(f"exponent is a number below 0; got {exponent!r}")
        self.exponent = float(exponent)

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch]`."""
        return self._scores(metrics) * self._ratios(metrics) ** self.exponent
