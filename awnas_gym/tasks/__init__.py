"""Tasks and measures: what networks are trained on and scored by. To add one: a file, and a row here.

A task gives the loss and the plain scores; a measure adds scores by forward passes of its own, such as accuracy with
noise on the weights. An evaluator takes one task and any number of measures.
"""

from __future__ import annotations

from awnas_gym.tables import Row, Table

__all__ = ["MEASURES", "TASKS"]

TASKS = Table(
    "task",
    {
        "classification": Row("awnas_gym.tasks.classification:Classification", "one label an image", "torch"),
        "language": Row("awnas_gym.tasks.language:Language", "the next token of a text", "torch"),
    },
)

MEASURES = Table(
    "measure",
    {"weight_noise": Row("awnas_gym.tasks.weight_noise:WeightNoise", "accuracy with noise on the weights", "torch")},
)
