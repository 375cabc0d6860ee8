"""The objective `good_enough`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError
from awnas_gym.metrics import Metrics
from awnas_gym.objectives import AbstractObjective


class GoodEnough(AbstractObjective):
    """Below the target its accuracy; from there on `target + 1 / (1 + log10(params))`: the smaller the better.

    Args:
        split: whose accuracy; environments hand it over.
        target: the accuracy that is good enough, a fraction.
    """

    def __init__(self, *, split: str = "valid", target: float = 0.75) -> None:
        if not 0 < target <= 1:
            raise SettingError(f"target is a fraction above 0; got {target!r}")
        self.metric, self.target = f"{split}_accuracy", target
        self.needs = frozenset({self.metric, "params"})

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch]`."""
        accuracy, small = metrics[self.metric], 1 / (1 + np.log10(metrics["params"]))
        return np.where(accuracy >= self.target, self.target + small, accuracy)
