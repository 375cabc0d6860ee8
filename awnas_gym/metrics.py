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

ACCURACY = "accuracy"
"""What benchmarks compare architectures by, unless the card of a table names another `score`."""


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
        "flops": MetricInfo(
            "count", maximise=False, summary="floating-point operations, as the authors of a benchmark count them"
        ),
        "cost_s": MetricInfo("s", maximise=False, summary="seconds the evaluation took, or would have taken"),
    }
)

FAMILIES = MappingProxyType(
    {
        "_accuracy": MetricInfo("fraction", maximise=True, summary="an accuracy"),
        "_roc_auc": MetricInfo("fraction", maximise=True, summary="an area under the ROC curve"),
        "_miou": MetricInfo("fraction", maximise=True, summary="a mean intersection over union"),
        "_ssim": MetricInfo("", maximise=True, summary="a structural similarity, at most 1"),
        "_error_rate": MetricInfo(
            "", maximise=False, summary="errors for each unit of the reference; insertions can take it above 1"
        ),
        "_mse": MetricInfo("", maximise=False, summary="a mean squared error"),
        "_mae": MetricInfo("", maximise=False, summary="a mean absolute error"),
        "_loss": MetricInfo("nats", maximise=False, summary="a loss"),
        "_eigenvalue": MetricInfo("nats", maximise=False, summary="an eigenvalue of a loss's Hessian"),
        "_perplexity": MetricInfo("", maximise=False, summary="a perplexity: exp of a mean loss in nats a token"),
        "_latency_ms": MetricInfo("ms", maximise=False, summary="a latency"),
        "_energy_mj": MetricInfo("mJ", maximise=False, summary="an energy"),
        "_memory_mib": MetricInfo("MiB", maximise=False, summary="a memory"),
    }
)
"""Endings of further names: `valid_robust_accuracy`, `pixel3_latency_ms`."""


def is_metric(name: str) -> bool:
    """Tell whether a name is one of `METRICS` or of a family, lower-case letters, digits and underscores."""
    return name in METRICS or (_family(name) is not None and name.isascii() and name.isidentifier())


def metric_info(name: str) -> MetricInfo:
    """Return unit, direction and meaning of `name`; `UnknownNameError` with the nearest guess."""
    if name in METRICS:
        return METRICS[name]
    family = _family(name)
    if family is None or not is_metric(name):
        raise UnknownNameError("metric", name, [*METRICS, *(f"<name>{ending}" for ending in FAMILIES)])
    return family


def _family(name: str) -> MetricInfo | None:
    return next((info for ending, info in FAMILIES.items() if name.endswith(ending)), None)


def split_of(name: str) -> str | None:
    """Return the split that a metric's name carries anywhere, e.g. `test` in `analog_test_accuracy`; None if none."""
    return next((word for word in name.split("_") if word in SPLITS), None)
