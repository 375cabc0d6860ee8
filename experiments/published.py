"""The published tables that experiments search, from the files that hold them, as tables of this package.

A CSV has a row an architecture of NAS-Bench-201: `arch`, and `<dataset>_valid_12`, `<dataset>_test_12`,
`<dataset>_test_200` in percent for cifar10, cifar100 and imagenet16; an NPZ beside it has latencies in ms, an array a
device, in the same order. `experiments.speed.listed_table.published` says
what an NPZ of NAS-Bench-101 holds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from awnas_gym.ingest import add_table, read_columns
from awnas_gym.spaces.nasbench201 import NASBench201
from experiments.speed.listed_table import SPACE, published


class Dataset(NamedTuple):
    """A data set of NAS-Bench-201: its title, classes, and height and width of its images."""

    title: str
    classes: int
    image_size: int


DATASETS = {
    "cifar10": Dataset("CIFAR-10", 10, 32),
    "cifar100": Dataset("CIFAR-100", 100, 32),
    "imagenet16": Dataset("ImageNet16-120", 120, 16),
}
"""By their names in the CSV."""

VALID, TEST = 12, 200
"""Epochs after which validation and test accuracy are read."""


def nasbench201(
    source: Path, folder: Path, latencies: Mapping[str, NDArray[np.float64]] | None = None
) -> dict[str, Path]:
    """Write a table a data set into `folder`; accuracies that the CSV does not hold stay unrecorded.

    Args:
        source: the CSV.
        folder: the home of this package that gets them.
        latencies: further metrics of each table, in the order of the CSV.
    """
    os.environ["AWNAS_HOME"] = str(folder)
    columns = read_columns(source)
    further = dict(latencies or {})
    paths = {}
    for dataset, about in DATASETS.items():
        held = [("valid", VALID), ("test", VALID), ("test", TEST)]
        paths[dataset] = add_table(
            {
                "arch": columns["arch"],
                **{name: columns[name] for name in columns if name.startswith(f"{dataset}_")},
                **further,
            },
            name=f"nasbench201-{dataset}",
            space=NASBench201(classes=about.classes, image_size=about.image_size),
            metrics=[f"{split}_accuracy@{epochs}={dataset}_{split}_{epochs}/100" for split, epochs in held]
            + [f"{name}={name}" for name in further],
        )
    return paths


def nasbench101(source: Path, folder: Path) -> Path:
    """Write the table of all cells of NAS-Bench-101 into `folder`: mean test accuracy after 108 epochs."""
    os.environ["AWNAS_HOME"] = str(folder)
    archs, metrics = published(source)
    return add_table({"archs": archs, **metrics}, name="nasbench101", space=SPACE, epochs=108)
