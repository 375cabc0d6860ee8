"""The vocabulary of metrics: each name carries its split and its unit, and has one direction."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import UnknownNameError

Metrics = dict[str, NDArray[np.float64]]
"""A metric name -> float64 `[batch]`, one value an architecture."""

SPLITS = ("train", "valid", "test")


@final
@dataclass(frozen=True, slots=True)
class MetricInfo:
    """Unit, direction and meaning of one metric."""

    unit: str
    maximise: bool
    summary: str


METRICS = MappingProxyType(
    {
        "train_accuracy": MetricInfo("fraction", maximise=True, summary="accuracy on the training split"),
        "valid_accuracy": MetricInfo("fraction", maximise=True, summary="accuracy on the validation split"),
        "test_accuracy": MetricInfo(
            "fraction", maximise=True, summary="accuracy on the test split; never a reward unless asked for"
        ),
        "latency_ms": MetricInfo("ms", maximise=False, summary="time of one inference batch"),
        "energy_mj": MetricInfo("mJ", maximise=False, summary="energy of one inference batch"),
        "params": MetricInfo("count", maximise=False, summary="trainable parameters"),
        "macs": MetricInfo(
            "count", maximise=False, summary="multiply-accumulates of one image, convolutions and linear layers"
        ),
        "cost_s": MetricInfo("s", maximise=False, summary="seconds the evaluation took, or would have taken"),
    }
)


def metric_info(name: str) -> MetricInfo:
    """Return the row of `name`; `UnknownNameError` with the nearest guess."""
    if name not in METRICS:
        raise UnknownNameError("metric", name, METRICS)
    return METRICS[name]
