"""What objectives share that weigh a score against what a network costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awnas_gym.checks import above_zero
from awnas_gym.errors import SettingError
from awnas_gym.metrics import Metrics, metric_info
from awnas_gym.objectives.abstract import AbstractObjective
from awnas_gym.objectives.checks import metric_of


class AgainstCost(AbstractObjective):
    """A score, and a cost that has a target.

    Args:
        target: the cost that is aimed at, above 0, in the unit of the metric.
        cost: the metric that counts as cost; less is better.
        score: the metric that counts as score; `accuracy` is that of `split`. One to be minimised enters negated.
        split: `train`, `valid` or `test`.

    Raises:
        SettingError: a target that is not above 0, or a cost of which more is better.
        UnknownNameError: no such metric.
    """

    def __init__(
        self, *, target: float, cost: str = "latency_ms", score: str = "accuracy", split: str = "valid"
    ) -> None:
        self.target = above_zero("target", target)
        self.cost, self.score = metric_of(cost, split), metric_of(score, split)
        if metric_info(self.cost).maximise:
            raise SettingError(f"cost is a metric of which less is better, e.g. latency_ms, params; got {cost}")
        self._sign = 1.0 if metric_info(self.score).maximise else -1.0
        self.needs = frozenset({self.cost, self.score})

    def _scores(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the scores, more is better, float64 `[batch]`."""
        return metrics[self.score] * self._sign

    def _ratios(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return cost / target, float64 `[batch]`."""
        ratios: NDArray[np.float64] = metrics[self.cost] / self.target
        return ratios

    def _require_maximised(self) -> None:
        """Refuse a score to be minimised: a factor below 1 would raise what is negative."""
        if self._sign < 0:
            raise SettingError(
                f"{type(self).__name__} multiplies the score, of which more has to be better; got {self.score}. "
                "hinge_cost, absolute_cost and constrained take it"
            )


class PricedCost(AgainstCost):
    """The same, where missing the target has a price.

    Args:
        target: see `AgainstCost`.
        weight: the price of a cost of twice the target, in scores, above 0.
        cost: see `AgainstCost`.
        score: see `AgainstCost`.
        split: see `AgainstCost`.

    Raises:
        SettingError: as of `AgainstCost`, or a weight that is not above 0.
        UnknownNameError: no such metric.
    """

    def __init__(
        self,
        *,
        target: float,
        weight: float,
        cost: str = "latency_ms",
        score: str = "accuracy",
        split: str = "valid",
    ) -> None:
        super().__init__(target=target, cost=cost, score=score, split=split)
        self.weight = above_zero("weight", weight)
