"""Checks of objectives' settings, where the user wrote them."""

from __future__ import annotations

import math

from awnas_gym.errors import SettingError
from awnas_gym.metrics import metric_info


def above_zero(name: str, value: object) -> float:
    """Return `value` as a float if it is a finite number above 0; `SettingError` otherwise."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise SettingError(f"{name} is a number above 0; got {value!r}")
    return float(value)


def metric_of(name: object, split: str) -> str:
    """Return the metric that a setting names: `accuracy` is that of the split, any other name is the metric's own.

    Raises:
        UnknownNameError: no such metric.
    """
    metric = f"{split}_accuracy" if name == "accuracy" else str(name)
    metric_info(metric)
    return metric
