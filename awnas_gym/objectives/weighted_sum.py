"""Several metrics as one sum."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.checks import above_zero
from awnas_gym.errors import SettingError
from awnas_gym.metrics import Metrics, metric_info
from awnas_gym.objectives.abstract import AbstractObjective
from awnas_gym.objectives.checks import metric_of


@final
class WeightedSum(AbstractObjective):
    """The sum of `weight * metric`; a metric that is to be minimised enters negated, as in the vector rewards.

    Args:
        split: `train`, `valid` or `test`.
        weights: metric -> its weight, above 0, one over the metric's unit; `accuracy` is that of `split`.

    Raises:
        SettingError: no weights, two of one metric, or a weight that is not above 0.
        UnknownNameError: no such metric.
    """

    def __init__(self, /, *, split: str = "valid", **weights: float) -> None:
        names = [metric_of(name, split) for name in weights]
        if not names or len(set(names)) < len(names):
            raise SettingError(
                f"a weighted sum is of different metrics, e.g. weighted_sum(accuracy=1, latency_ms=0.01); got {weights}"
            )
        signs = [1.0 if metric_info(name).maximise else -1.0 for name in names]
        self.weights = {
            name: sign * above_zero(f"the weight of {name}", weight)
            for name, sign, weight in zip(names, signs, weights.values(), strict=True)
        }
        self.needs = frozenset(names)

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch]`."""
        rewards: NDArray[np.float64] = np.sum([metrics[name] * weight for name, weight in self.weights.items()], axis=0)
        return rewards
