"""Objectives: metrics -> reward. To add one: a file with a subclass of `AbstractObjective`, and a row here."""

from __future__ import annotations

from awnas_gym.metrics import is_metric
from awnas_gym.objectives.abstract import AbstractObjective
from awnas_gym.objectives.metric import Metric
from awnas_gym.objectives.normalised import Normalised
from awnas_gym.objectives.relaxed import RELAXED_OBJECTIVES
from awnas_gym.tables import Row, Table

__all__ = ["OBJECTIVES", "RELAXED_OBJECTIVES", "AbstractObjective", "Metric", "Normalised", "make_objective"]

OBJECTIVES = Table(
    "objective",
    {
        "accuracy": Row("awnas_gym.objectives.accuracy:Accuracy", "accuracy on the chosen split"),
        "perplexity": Row("awnas_gym.objectives.perplexity:Perplexity", "80 / perplexity on the chosen split [ENAS]"),
        "soft_latency": Row(
            "awnas_gym.objectives.soft_latency:SoftLatency", "accuracy * (latency / target) ** -0.07 [MnasNet]"
        ),
    },
)


def make_objective(name: str, *, split: str) -> AbstractObjective:
    """Return the objective of a row of `OBJECTIVES`, or a metric by its own name, e.g. `pixel3_latency_ms`.

    Args:
        name: of the objective or the metric.
        split: whose metrics a row of `OBJECTIVES` judges.

    Raises:
        UnknownNameError: neither.
    """
    if name not in OBJECTIVES and is_metric(name):
        return Metric(name)
    objective: AbstractObjective = OBJECTIVES.load(name)(split=split)
    return objective
