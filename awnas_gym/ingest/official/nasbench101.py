"""NAS-Bench-101 [Ying et al., ICML 2019] from its TFRecord files, `nasbench_only108` and `nasbench_full`."""

from __future__ import annotations

import binascii
import functools
import json
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks import Column
from awnas_gym.errors import AwnasError, TableFileError
from awnas_gym.ingest.official.imported import CURVE, Imported, Progress
from awnas_gym.ingest.official.importer import importer
from awnas_gym.ingest.official.protobuf import BYTES, FIXED64, VARINT, fields
from awnas_gym.ingest.official.tfrecord import read_records
from awnas_gym.spaces import Archs
from awnas_gym.spaces.nasbench101 import NASBench101

BUDGETS = (4, 12, 36, 108)
"""Epochs of the trainings; each is a training of its own, with its own learning rate schedule."""

TRIALS = 3
FIELDS = {2: "cost_s", 3: "train_accuracy", 4: "valid_accuracy", 5: "test_accuracy"}
"""Fields of the protocol buffer `EvaluationData` that are kept."""

METRICS = (*FIELDS.values(), *(f"halfway_{name}" for name in FIELDS.values()))
MOST_S = 1e9  # seconds of a training that are believed
_EVALUATIONS = 3  # before the first, after half of the epochs, after the last

CARD = {
    "title": "NAS-Bench-101: 423,624 cells on CIFAR-10",
    "licence": "Apache-2.0",
    "url": "https://github.com/google-research/nasbench",
    "protocol": (
        "40,000 training, 10,000 validation and 10,000 test images; each fidelity is a training of its own; halfway_ "
        "metrics are those after half of its epochs; cost_s is the benchmark's training_time"
    ),
}


@importer(tables=("nasbench101",))
def import_nasbench101(path: Path, *, progress: Progress) -> list[Imported]:
    """Return the table of a TFRecord file: all repeats, budgets and halfway points, in the order of the file.

    Raises:
        MissingDataError: no such file.
        TableFileError: names the record that is damaged, or that is none of NAS-Bench-101.
    """
    gathered, size = Gathered(), path.stat().st_size if path.is_file() else 0
    done = 0
    for first, records in read_records(path):
        for number, record in enumerate(records, start=first):
            try:
                gathered.add(record)
            except (AwnasError, ValueError, TypeError, KeyError, RecursionError) as error:
                raise TableFileError(f"{path}: record {number} is none of NAS-Bench-101: {error}") from error
        done += sum(map(len, records)) + 16 * len(records)
        progress(done, size)
    archs, metrics, fidelities = gathered.columns()
    card = {**CARD, "fidelities": fidelities}
    return [Imported("nasbench101", NASBench101(), archs, metrics, card, chance=0.1)]


@final
class Gathered:
    """The records so far: one row a module hash, in the order of their first record."""

    def __init__(self) -> None:
        self._rows: dict[bytes, int] = {}
        self._archs: list[Archs] = []
        self._params: list[int] = []
        self._values = np.full((1024, TRIALS, len(BUDGETS), len(METRICS)), np.nan, dtype=np.float32)
        self._trials = np.zeros((1024, len(BUDGETS)), dtype=np.int8)

    def add(self, record: bytes) -> None:
        """Take one record; `ValueError` and its like say what is wrong with it."""
        module_hash, budget, adjacency, operations, packed = _entries(record)
        key = bytes.fromhex(module_hash)
        row = self._rows.setdefault(key, len(self._rows))
        arch = _arch(adjacency, operations)
        values, params = _metrics(binascii.a2b_base64(packed))
        if row == len(self._archs):
            self._archs.append(arch)
            self._params.append(params)
            self._grow(row)
        elif self._params[row] != params or not np.array_equal(self._archs[row], arch):
            raise ValueError(f"{module_hash} had another graph or other parameters before")
        if budget not in BUDGETS:
            raise ValueError(f"{budget} epochs; legal: {', '.join(map(str, BUDGETS))}")
        column = BUDGETS.index(budget)
        trial = int(self._trials[row, column])
        if trial == TRIALS:
            raise ValueError(f"{module_hash} has more than {TRIALS} trainings of {budget} epochs")
        self._values[row, trial, column] = values
        self._trials[row, column] += 1

    def _grow(self, row: int) -> None:
        if row == len(self._values):
            more = np.full_like(self._values[: len(self._values) // 2], np.nan)
            self._values = np.concatenate([self._values, more])
            self._trials = np.concatenate([self._trials, np.zeros((len(more), len(BUDGETS)), dtype=np.int8)])

    def columns(self) -> tuple[Archs, dict[str, Column], list[int]]:
        """Return the architectures, the metrics by name and the epochs that occur."""
        n = len(self._archs)
        kept = np.flatnonzero(self._trials[:n].any(axis=0))
        metrics = {
            name: Column(np.ascontiguousarray(self._values[:n, :, kept, m]), CURVE) for m, name in enumerate(METRICS)
        }
        metrics["params"] = Column(np.array(self._params, dtype=np.int32), ("row",))
        return np.array(self._archs), metrics, [BUDGETS[i] for i in kept]


def _entries(record: bytes) -> tuple[str, int, str, str, str]:
    """Return the five entries of a record: hash, epochs, adjacency, operations, packed metrics."""
    found = json.loads(record)
    kinds = (str, int, str, str, str)
    if not isinstance(found, list) or [type(each) for each in found] != list(kinds):
        raise ValueError("a record is a list of hash, epochs, adjacency, operations and metrics")
    if len(found[0]) != 32:
        raise ValueError(f"{found[0][:40]!r} is no hash of 32 hexadecimal digits")
    return found[0], found[1], found[2], found[3], found[4]


@functools.lru_cache(maxsize=2**17)
def _arch(adjacency: str, operations: str) -> Archs:
    """Return the architecture of a matrix, row by row, and the names of its vertices."""
    names = operations.split(",")
    n = len(names)
    if len(adjacency) != n * n or not set(adjacency) <= {"0", "1"}:
        raise ValueError(f"{adjacency[:60]!r} is no matrix of {n} vertices")
    return _space().from_matrix(np.array(list(map(int, adjacency))).reshape(n, n), names)


@functools.cache
def _space() -> NASBench101:
    return NASBench101()


def _metrics(message: bytes) -> tuple[NDArray[np.float32], int]:
    """Return the values of `METRICS` and the parameters in a protocol buffer `ModelMetrics`."""
    evaluations: list[bytes] = []
    params: int | None = None
    for number, kind, value in fields(message):
        if number == 1 and kind == BYTES and isinstance(value, bytes):
            evaluations.append(value)
        elif number == 2 and kind == VARINT and isinstance(value, int):
            params = value
    if len(evaluations) != _EVALUATIONS or params is None or not 0 < params < 2**31:
        raise ValueError(
            f"its metrics hold {len(evaluations)} evaluations and parameters {params}; 3 and a number are legal"
        )
    return np.array([*_evaluation(evaluations[2]), *_evaluation(evaluations[1])], dtype=np.float32), params


def _evaluation(message: bytes) -> list[Any]:
    found = {number: value for number, kind, value in fields(message) if kind == FIXED64}
    missing = [name for number, name in FIELDS.items() if number not in found]
    if missing:
        raise ValueError(f"an evaluation lacks {', '.join(missing)}")
    values: list[Any] = [found[number] for number in FIELDS]
    if not (0 <= values[0] <= MOST_S and all(0 <= accuracy <= 1 for accuracy in values[1:])):
        raise ValueError(
            f"an evaluation holds {dict(zip(FIELDS.values(), values, strict=True))}; seconds and fractions are legal"
        )
    return values
