"""Rewards of mixtures, and their derivatives: what gradient methods climb."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import NamedTuple, final

from awnas_gym.checks import above_zero
from awnas_gym.errors import SettingError
from awnas_gym.tables import Row, Table


class Slope(NamedTuple):
    """A reward, and what it changes by.

    Attributes:
        reward: to be maximised.
        by_loss: derivative by the loss.
        by_cost: derivative by the expected cost.
    """

    reward: float
    by_loss: float
    by_cost: float


class RelaxedObjective(ABC):
    """Turns the loss of a mixture, and its expected cost, into a reward.

    Attributes:
        needs_cost: whether it reads the cost.
    """

    needs_cost: bool = True

    @abstractmethod
    def __call__(self, loss: float, cost: float) -> Slope:
        """Return the reward of a loss in nats and an expected cost, and its derivatives."""


@final
class Loss(RelaxedObjective):
    """Minus the loss [Liu et al., ICLR 2019]."""

    needs_cost = False

    def __call__(self, loss: float, cost: float) -> Slope:
        """Return `-loss`."""
        return Slope(-loss, -1.0, 0.0)


@final
class LossTimesLogCost(RelaxedObjective):
    """Minus `loss * scale * log(cost) ** exponent` [FBNet, Wu et al., CVPR 2019, equation 2].

    Args:
        scale: the paper's alpha.
        exponent: the paper's beta.

    Raises:
        SettingError: not above 0; or, when called, a cost of 1 or less, whose logarithm is not above 0: give the cost
            in smaller units.
    """

    def __init__(self, *, scale: float = 0.2, exponent: float = 0.6) -> None:
        self.scale, self.exponent = above_zero("scale", scale), above_zero("exponent", exponent)

    def __call__(self, loss: float, cost: float) -> Slope:
        """Return the reward; its derivative by the cost is that of the logarithm's power."""
        if cost <= 1:
            raise SettingError(f"the logarithm of an expected cost of {cost:.4g} is not above 0; use smaller units")
        factor = self.scale * math.log(cost) ** self.exponent
        by_cost = -loss * factor * self.exponent / (cost * math.log(cost))
        return Slope(-loss * factor, -factor, by_cost)


@final
class LossPlusCost(RelaxedObjective):
    """Minus `loss + scale * cost ** exponent` (what aw_nas computes under the name of FBNet).

    Args:
        scale: of the second term.
        exponent: of the cost.

    Raises:
        SettingError: not above 0.
    """

    def __init__(self, *, scale: float = 0.2, exponent: float = 0.6) -> None:
        self.scale, self.exponent = above_zero("scale", scale), above_zero("exponent", exponent)

    def __call__(self, loss: float, cost: float) -> Slope:
        """Return the reward."""
        if cost <= 0:  # a mixture of what costs nothing: its power has no slope there
            return Slope(-loss, -1.0, 0.0)
        term = self.scale * cost**self.exponent
        return Slope(-loss - term, -1.0, -term * self.exponent / cost)


@final
class LossTimesRelativeLog(RelaxedObjective):
    """Minus `scale * loss * (log(cost) / log(reference)) ** exponent` [ProxylessNAS's code, `mul#log`].

    Args:
        reference: cost at which the loss counts as `scale` times itself.
        scale: its alpha.
        exponent: its beta.

    Raises:
        SettingError: not above 0, or a cost or reference of 1 or less.
    """

    def __init__(self, *, reference: float, scale: float = 0.2, exponent: float = 0.3) -> None:
        self.scale, self.exponent = above_zero("scale", scale), above_zero("exponent", exponent)
        if reference <= 1:
            raise SettingError(f"reference is a cost above 1; got {reference!r}")
        self.reference = reference

    def __call__(self, loss: float, cost: float) -> Slope:
        """Return the reward."""
        relative = LossTimesLogCost(
            scale=self.scale / math.log(self.reference) ** self.exponent, exponent=self.exponent
        )
        return relative(loss, cost)


@final
class LossPlusRelativeCost(RelaxedObjective):
    """Minus `loss + weight * (cost - reference) / reference` [ProxylessNAS's code, `add#linear`].

    Args:
        reference: cost that is neither rewarded nor punished.
        weight: its lambda.

    Raises:
        SettingError: not above 0.
    """

    def __init__(self, *, reference: float, weight: float = 0.1) -> None:
        self.reference, self.weight = above_zero("reference", reference), above_zero("weight", weight)

    def __call__(self, loss: float, cost: float) -> Slope:
        """Return the reward."""
        slope = self.weight / self.reference
        return Slope(-loss - slope * (cost - self.reference), -1.0, -slope)


RELAXED_OBJECTIVES = Table(
    "relaxed_objective",
    {
        "loss": Row(f"{__name__}:Loss", "minus the loss [DARTS]"),
        "loss_times_log_cost": Row(f"{__name__}:LossTimesLogCost", "minus loss * a * log(cost) ** b [FBNet]"),
        "loss_plus_cost": Row(f"{__name__}:LossPlusCost", "minus (loss + a * cost ** b) [aw_nas]"),
        "loss_times_relative_log": Row(
            f"{__name__}:LossTimesRelativeLog", "minus a * loss * (log(cost) / log(reference)) ** b [ProxylessNAS]"
        ),
        "loss_plus_relative_cost": Row(
            f"{__name__}:LossPlusRelativeCost", "minus (loss + w * (cost - reference) / reference) [ProxylessNAS]"
        ),
    },
)
"""To add one: a class, and a row here."""
