"""AnalogNAS-Bench [arXiv:2506.18495] as the package `analog-nasbench` ships it: NAS-Bench-201 cells on analog hardware.

The package states no licence, so nothing of it is here.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks.packaged import Contents, numbers, packaged_table
from awnas_gym.benchmarks.store import Column, TableFile
from awnas_gym.config import brief
from awnas_gym.errors import TableFileError
from awnas_gym.pickles import read_pickle
from awnas_gym.spaces.nasbench201 import CONV1, CONV3, EDGES, NONE, POOL, SKIP, NASBench201

THEIR_EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
"""In the order of the package's keys."""

THEIR_OPERATIONS = np.array([SKIP, NONE, CONV3, CONV1, POOL])
"""Our operation of each number in the package's keys."""

SCORES = MappingProxyType(
    {
        "baseline_accuracy": "clean_test_accuracy",
        "ptq_accuracy": "ptq_test_accuracy",
        "qat_accuracy": "qat_test_accuracy",
        "noisy_accuracy": "noisy_test_accuracy",
        "analog_accuracy": "analog_test_accuracy",
    }
)
"""Field of an entry, in percent -> metric."""

DRIFTS = MappingProxyType(
    {
        f"{theirs}_drift_{seconds}": f"{ours}_{time}_test_accuracy"
        for theirs, ours in {"baseline": "noisy", "analog": "analog"}.items()
        for time, seconds in {"minute": 60, "hour": 3600, "day": 86400, "month": 2592000}.items()
    }
)
"""Field of an entry, a mean in percent with its uncertainty -> metric."""

RECORDS = ("analognasbench.data.Architecture", "analognasbench.data.DriftMeasurement")

CARD = MappingProxyType(
    {
        "title": "AnalogNAS-Bench, CIFAR-10",
        "about": "The 15,625 cells of NAS-Bench-201, trained once each, on simulated analog in-memory hardware",
        "licence": "none stated; read where the user has installed the package, nothing of it is shipped",
        "metrics": {
            "clean": "floating point, on digital hardware",
            "ptq": "quantised to 8 bits after training",
            "qat": "trained on with quantisation",
            "noisy": "the clean weights on the analog hardware; then after a minute, an hour, a day, a month of drift",
            "analog": "trained on with the noise of the analog hardware, and on it; then after the same times of drift",
        },
        "training": "as the authors' script says: 200 epochs on all 50,000 training images, one seed",
        "limits": [
            "Every number is of the test images: no image was left for validation. What is searched on is reported on.",
            "The authors' script crops and flips the test images at random too, and averages 25 passes.",
            "It calibrates quantised networks on test images, and lowers the learning rate of qat by test accuracy.",
            "One training a cell: what agrees between cells of one function is all there is to judge the noise by.",
            "The uncertainties of the drift measurements are not read.",
        ],
        "fidelities": [200],
    }
)


def analog_nasbench(name: str) -> TableFile:
    """Return the table: 13 test accuracies of each of the 15,625 cells.

    Raises:
        MissingDataError: the package is not installed.
        TableFileError: its file is damaged, or does not hold the cells of the space.
        RunFolderError: the table cannot be kept.
    """
    return packaged_table(name, package="analog-nasbench", module="analognasbench", file="data.anb", read=_read)


def _read(path: Path) -> Contents:
    space = NASBench201()
    entries = read_pickle(path, records=RECORDS)
    if not isinstance(entries, dict) or len(entries) != space.size:
        count = f"{len(entries):,} entries" if isinstance(entries, dict) else f"a {type(entries).__name__}"
        raise TableFileError(f"{path} holds {count}; {space.size:,} cells are wanted")
    order = np.argsort(_indices(path, space, list(entries)))
    columns = {metric: numbers(path, entries, field, most=100) for field, metric in SCORES.items()}
    for field, metric in DRIFTS.items():
        drifts = {key: entry.get(field) if isinstance(entry, dict) else None for key, entry in entries.items()}
        columns[metric] = numbers(path, drifts, "value", most=100)
    stored = {metric: Column(values[order] / 100, ("arch",)) for metric, values in columns.items()}
    return Contents({"name": space.name, "settings": space.settings}, dict(CARD), stored)


def _indices(path: Path, space: NASBench201, keys: list[Any]) -> NDArray[np.int64]:
    """Return the index of each of the package's keys, tuples of six operations."""
    for key in keys:
        if type(key) is not tuple or len(key) != len(EDGES) or not all(type(k) is int and 0 <= k < 5 for k in key):
            raise TableFileError(f"{path}: {brief(key)} is no key of a cell; six numbers from 0 to 4 are wanted")
    archs = THEIR_OPERATIONS[np.array(keys)][:, [THEIR_EDGES.index(edge) for edge in EDGES]]
    return space.index(archs)
