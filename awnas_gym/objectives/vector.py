"""Several metrics at once: the objective of the multi-objective environments."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError
from awnas_gym.metrics import Metrics, metric_info
from awnas_gym.objectives.abstract import AbstractObjective
from awnas_gym.objectives.checks import metric_of

DEFAULT = "accuracy,latency_ms,params"
"""Objectives of an environment that names none."""


@final
class VectorObjective(AbstractObjective):
    """One entry a metric, in the order given; a metric that is to be minimised enters negated.

    Args:
        objectives: names of metrics, separated by commas; `accuracy` is that of `split`.
        split: `train`, `valid` or `test`.

    Attributes:
        names: of the metrics, with their splits.

    Raises:
        UnknownNameError: no such metric.
        SettingError: a name comes twice, or there are fewer than two.
    """

    vector = True

    def __init__(self, objectives: str = DEFAULT, *, split: str = "valid") -> None:
        given = [name.strip() for name in objectives.split(",")]
        self.names = tuple(metric_of(name, split) for name in given)
        signs = [1.0 if metric_info(name).maximise else -1.0 for name in self.names]
        if len(self.names) < 2 or len(set(self.names)) < len(self.names):
            raise SettingError(f"objectives are two or more different metrics, e.g. {DEFAULT!r}; got {objectives!r}")
        self._signs = np.array(signs)
        self.needs = frozenset(self.names)

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch, objectives]`; more is better in each."""
        values: NDArray[np.float64] = np.stack([metrics[name] for name in self.names], axis=1) * self._signs
        return values
