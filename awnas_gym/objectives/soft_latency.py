"""Accuracy against latency, softly."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError
from awnas_gym.metrics import Metrics
from awnas_gym.objectives.abstract import AbstractObjective


@final
class SoftLatency(AbstractObjective):
    """`accuracy * (latency / target) ** exponent` [MnasNet, Tan et al. 2019, equation 2, alpha = beta].

    With the paper's exponent of -0.07, doubling the latency is worth 5 % more accuracy.

    Args:
        split: whose accuracy.
        target_ms: latency at which the accuracy counts as it is.
        exponent: below 0.
    """

    def __init__(self, *, split: str = "valid", target_ms: float = 1.0, exponent: float = -0.07) -> None:
        if target_ms <= 0 or exponent >= 0:
            raise SettingError(f"target_ms is above 0 and exponent below 0; got {target_ms} and {exponent}")
        self.metric, self.target_ms, self.exponent = f"{split}_accuracy", target_ms, exponent
        self.needs = frozenset({self.metric, "latency_ms"})

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch]`."""
        penalty: NDArray[np.float64] = (metrics["latency_ms"] / self.target_ms) ** self.exponent
        return metrics[self.metric] * penalty
