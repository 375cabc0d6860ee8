"""One metric, whichever."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.metrics import Metrics, metric_info
from awnas_gym.objectives.abstract import AbstractObjective


@final
class Metric(AbstractObjective):
    """A metric as it is, or negated where less is better.

    Args:
        name: of the metric, with its split, if it has one.

    Raises:
        UnknownNameError: no such metric.
    """

    def __init__(self, name: str) -> None:
        self.metric = name
        self._sign = 1.0 if metric_info(name).maximise else -1.0
        self.needs = frozenset({name})

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch]`."""
        return metrics[self.metric] * self._sign
