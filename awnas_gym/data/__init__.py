"""Data sets. To add one: a function that returns a `Split` a name, and a row here."""

from __future__ import annotations

from awnas_gym.data.split import Split
from awnas_gym.tables import Row, Table

__all__ = ["DATASETS", "Split"]

DATASETS = Table(
    "dataset",
    {"fashion14": Row("awnas_gym.data.fashion14:fashion14", "Fashion-MNIST, 4,000 images of 14x14; embedded")},
)
