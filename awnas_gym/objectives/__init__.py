"""Objectives: metrics -> reward. To add one: a file with a subclass of `AbstractObjective`, and a row here."""

from __future__ import annotations

from awnas_gym.objectives.abstract import AbstractObjective
from awnas_gym.objectives.normalised import Normalised
from awnas_gym.tables import Row, Table

__all__ = ["OBJECTIVES", "AbstractObjective", "Normalised"]

OBJECTIVES = Table(
    "objective",
    {
        "accuracy": Row("awnas_gym.objectives.accuracy:Accuracy", "accuracy on the chosen split"),
        "soft_latency": Row(
            "awnas_gym.objectives.soft_latency:SoftLatency", "accuracy * (latency / target) ** -0.07 [MnasNet]"
        ),
    },
)
