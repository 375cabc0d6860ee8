"""A table with made-up numbers that can be recomputed: for tests of the machinery alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from awnas_gym.benchmarks import Column, write_table
from awnas_gym.spaces.nasbench201 import NASBench201

SPACE = NASBench201(channels=4, cells=1, image_channels=1, image_size=14, reduction="projection")
EPOCHS, TRIALS = 4, 3
MISSING_INDEX = 5


def class_rows() -> tuple[np.ndarray, np.ndarray]:
    """Return (representatives, class of every architecture)."""
    everything = SPACE.canonical(SPACE.unindex(np.arange(SPACE.size)))
    return np.unique(SPACE.index(everything), return_inverse=True)


def counts(images: int, seed: int) -> np.ndarray:
    """Return made-up counts of correct images, uint16 `[classes, trials, epochs]`."""
    rows = len(class_rows()[0])
    return np.random.default_rng(seed).integers(0, images, (rows, TRIALS, EPOCHS)).astype(np.uint16)


def write_tiny_table(path: Path, *, costs: float = 1.0) -> Path:
    """Write the table; class number `MISSING_INDEX` has no record, one trial of class 6 is missing.

    `costs` is the share of the architectures whose cost is recorded.
    """
    class_of = class_rows()[1]
    valid, test, train = counts(500, 1), counts(1500, 2), counts(2000, 3)
    for column in (valid, test, train):
        column[MISSING_INDEX] = 65535
        column[6, 1] = 65535
    dims = ("class", "trial", "epoch")
    seconds = np.random.default_rng(4).random(SPACE.size).astype(np.float32) + 1
    known = np.where(np.random.default_rng(5).random(SPACE.size) < costs, seconds, np.nan).astype(np.float32)
    write_table(
        path,
        space={"name": SPACE.name, "settings": SPACE.settings},
        card={"title": "tiny", "reference": {"valid_accuracy": {"mean_random": 0.5, "best": 0.9}}},
        columns={
            "class_of_arch": Column(class_of.astype(np.int32), ("arch",)),
            "train_accuracy": Column(train, dims, 2000),
            "valid_accuracy": Column(valid, dims, 500),
            "test_accuracy": Column(test, dims, 1500),
            "latency_ms": Column(seconds / 10, ("arch",)),
            **({"train_s_model": Column(known, ("arch",))} if costs else {}),
        },
    )
    return path
