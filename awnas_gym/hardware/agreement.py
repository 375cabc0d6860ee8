"""How well predicted costs agree with measured ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.errors import SettingError
from awnas_gym.ranking import ranking


@final
@dataclass(frozen=True, slots=True)
class Agreement:
    """What is printed of a model, and kept in its card.

    Attributes:
        n: architectures.
        kendall_tau: tau-b, which allows for ties, in [-1, 1]; `nan` where all predictions are equal.
        spearman: correlation of ranks, likewise.
        median_error: of `|predicted - measured| / measured`, a fraction.
        p90_error: what 90 % of these errors are at most.
        within_10_percent: share of them that are 0.1 at most: what BRP-NAS [Dudziak et al., NeurIPS 2020] counts.
    """

    n: int
    kendall_tau: float
    spearman: float
    median_error: float
    p90_error: float
    within_10_percent: float


def agreement(measured: ArrayLike, predicted: ArrayLike) -> Agreement:
    """Compare predictions with measurements.

    Args:
        measured: `[n]`, larger than 0.
        predicted: `[n]`, in the same unit.

    Raises:
        SettingError: lengths differ, fewer than two, a number that is not finite, or a measurement of 0.
        MissingExtraError: scipy is not installed.
    """
    true, found = np.asarray(measured, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    ranks = ranking(true, found, shares=())
    if not (true > 0).all():
        raise SettingError(f"errors are shares of what was measured; one measurement is {true.min():g}")
    errors = np.abs(found - true) / true
    return Agreement(
        n=len(true),
        kendall_tau=ranks.kendall_tau,
        spearman=ranks.spearman,
        median_error=float(np.median(errors)),
        p90_error=float(np.quantile(errors, 0.9)),
        within_10_percent=float((errors <= 0.1).mean()),
    )
