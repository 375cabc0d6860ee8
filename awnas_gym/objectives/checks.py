"""Checks of objectives' settings, where the user wrote them."""

from __future__ import annotations

from awnas_gym.metrics import metric_info


def metric_of(name: object, split: str) -> str:
    """Return the metric that a setting names: `accuracy` is that of the split, any other name is the metric's own.

    Raises:
        UnknownNameError: no such metric.
    """
    metric = f"{split}_accuracy" if name == "accuracy" else str(name)
    metric_info(metric)
    return metric
