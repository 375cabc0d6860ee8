"""Accuracy, as it is."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.metrics import Metrics
from awnas_gym.objectives.abstract import AbstractObjective


@final
class Accuracy(AbstractObjective):
    """The accuracy on one split, a fraction in [0, 1].

    Args:
        split: `train`, `valid` or `test`.
    """

    def __init__(self, *, split: str = "valid") -> None:
        self.metric = f"{split}_accuracy"
        self.needs = frozenset({self.metric})

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the accuracies, float64 `[batch]`."""
        return metrics[self.metric]
