"""Objective `lean`: accuracy, less a little for each factor of ten in the number of parameters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awnas_gym.metrics import Metrics
from awnas_gym.objectives import AbstractObjective
from awnas_gym.tables import Row

ROWS = {"objective": {"lean": Row(f"{__name__}:Lean", "accuracy - 0.05 * log10(parameters)")}}


class Lean(AbstractObjective):
    """`accuracy - price * log10(params)`: ten times the parameters have to earn `price` in accuracy.

    Args:
        split: whose accuracy; environments hand it over.
        price: a fraction of accuracy.
    """

    def __init__(self, *, split: str = "valid", price: float = 0.05) -> None:
        self.metric, self.price = f"{split}_accuracy", price
        self.needs = frozenset({self.metric, "params"})

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch]`."""
        return metrics[self.metric] - self.price * np.log10(metrics["params"])
