"""One record of NATS-Bench or NAS-Bench-201: what is checked in it, and the numbers that are taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.config import brief
from awnas_gym.errors import AwnasError, TableFileError
from awnas_gym.spaces import SPACES, AbstractSpace, Archs

CURVES = (
    "train_accuracy",
    "train_loss",
    "valid_accuracy",
    "valid_loss",
    "test_accuracy",
    "test_loss",
    "union_test_accuracy",
    "union_test_loss",
    "cost_s",
)
"""Metrics of a training, a number an epoch. `union_test` is over validation and test images together."""

COSTS = CURVES.index("cost_s")
MOST_S = 1e9  # seconds of a training that are believed
MOST_HARDWARE = 1e15  # milliseconds, parameters or multiply-accumulates
MOST_LOSS = float(np.finfo(np.float32).max)


@final
@dataclass(frozen=True, slots=True)
class Dataset:
    """Where the splits of a data set stand in a record.

    Attributes:
        classes: of its images.
        trained: the set-up whose training, validation and costs are meant.
        tested: the set-up whose test accuracy is reported.
        splits: split here -> name of the evaluation in the set-up `trained`, and in `tested` for the test.
    """

    classes: int
    trained: str
    tested: str
    splits: Mapping[str, str]


DATASETS = {
    "cifar10": Dataset(10, "cifar10-valid", "cifar10", {"valid": "x-valid", "test": "ori-test"}),
    "cifar100": Dataset(100, "cifar100", "cifar100", {"valid": "x-valid", "test": "x-test", "union_test": "ori-test"}),
    "ImageNet16-120": Dataset(
        120, "ImageNet16-120", "ImageNet16-120", {"valid": "x-valid", "test": "x-test", "union_test": "ori-test"}
    ),
}
"""As the authors' API reads them: networks for CIFAR-10 are validated after training on half of its training images,
and tested after training on all of them."""


@final
@dataclass(frozen=True, slots=True)
class Benchmark:
    """One of the spaces.

    Attributes:
        name: what its tables begin with.
        space: a row of `SPACES`.
        size: number of architectures.
        trainings: key in a record -> epochs.
        seeds: key in a record -> seeds that occur, ascending.
        cards: what cards say of all its tables.
    """

    name: str
    space: str
    size: int
    trainings: Mapping[str, int]
    seeds: Mapping[str, tuple[int, ...]]
    card: Mapping[str, Any]

    def make_space(self, dataset: str) -> AbstractSpace:
        """Return the space as it is built for a data set: classes and image size are those of its images."""
        size = 16 if dataset == "ImageNet16-120" else 32
        space: AbstractSpace = SPACES.load(self.space)(classes=DATASETS[dataset].classes, image_size=size)
        return space


_CARD = {
    "licence": "MIT",
    "protocol": (
        "cifar10: validation accuracy after training on 25,000 images, test accuracy after training on 50,000; cost_s "
        "is the seconds of training up to the epoch plus those of one validation (train-all-time + valid-per-time)"
    ),
}
TOPOLOGY = Benchmark(
    "nasbench201",
    "nasbench201",
    15_625,
    {"12": 12, "200": 200},
    {"12": (111, 777), "200": (777, 888, 999)},
    {**_CARD, "title": "NAS-Bench-201 / NATS-Bench, topology", "url": "https://github.com/D-X-Y/NATS-Bench"},
)
SIZE = Benchmark(
    "nats_size",
    "nats_size",
    32_768,
    {"01": 1, "12": 12, "90": 90},
    {"01": (777,), "12": (777, 888, 999), "90": (777,)},
    {**_CARD, "title": "NATS-Bench, size", "url": "https://github.com/D-X-Y/NATS-Bench"},
)


@final
@dataclass(frozen=True, slots=True)
class Extracted:
    """The numbers of one record.

    Attributes:
        arch: int `[decisions]`.
        curves: (training, data set) -> float32 `[seeds, epochs, CURVES]`, `nan` where nothing is recorded.
        hardware: data set -> latency in ms, parameters, multiply-accumulates; float64 `[3]`.
    """

    arch: Archs
    curves: dict[tuple[str, str], NDArray[np.float32]]
    hardware: dict[str, NDArray[np.float64]]


def extract(benchmark: Benchmark, record: Any, *, index: int, genotype: str, where: str) -> Extracted:  # noqa: ANN401
    """Return the numbers of a record, whatever it holds.

    Args:
        benchmark: that it is of.
        record: what `read_pickle` gave.
        index: number of the architecture.
        genotype: of the architecture of that number.
        where: the record's name, for errors.

    Raises:
        TableFileError: it is damaged or of something else.
    """
    try:
        return _extract(benchmark, record, index, genotype)
    except TableFileError as error:
        raise TableFileError(f"{where}: {error}") from error
    except (AwnasError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise TableFileError(f"{where} is no record of {benchmark.name}: {type(error).__name__} {error}") from error


def _extract(benchmark: Benchmark, record: Any, index: int, genotype: str) -> Extracted:  # noqa: ANN401
    keys = list(record)
    if sorted(keys) != sorted(benchmark.trainings):
        raise TableFileError(f"it holds trainings {brief(keys)}; {benchmark.name} has {', '.join(benchmark.trainings)}")
    curves: dict[tuple[str, str], NDArray[np.float32]] = {}
    hardware: dict[str, list[NDArray[np.float64]]] = {name: [] for name in DATASETS}
    for training, epochs in benchmark.trainings.items():
        of_training = record[training]
        if (of_training["arch_index"], of_training["arch_str"]) != (index, genotype):
            raise TableFileError(
                f"it is of architecture {brief(of_training['arch_index'])}, {brief(of_training['arch_str'])}; "
                f"number {index} is {genotype}"
            )
        for name, dataset in DATASETS.items():
            values = np.full((len(benchmark.seeds[training]), epochs, len(CURVES)), np.nan, dtype=np.float32)
            for (setup, seed), run in of_training["all_results"].items():
                if setup in {dataset.trained, dataset.tested}:
                    _fill(values[_place(benchmark, training, seed)], dataset, setup, run, epochs)
                if setup == dataset.trained:
                    hardware[name].append(_hardware(run))
            curves[training, name] = values
    arch = benchmark.make_space("cifar10").parse(genotype)
    return Extracted(arch, curves, {name: _mean(each) for name, each in hardware.items()})


def _place(benchmark: Benchmark, training: str, seed: int) -> int:
    seeds = benchmark.seeds[training]
    if seed not in seeds:
        raise TableFileError(f"training {training} has a seed {brief(seed)}; legal: {', '.join(map(str, seeds))}")
    return seeds.index(seed)


def _fill(values: NDArray[np.float32], dataset: Dataset, setup: str, run: Mapping[str, Any], epochs: int) -> None:
    """Write the curves of one run into float32 `[epochs, CURVES]`."""
    if run["epochs"] != epochs:
        raise TableFileError(f"a training of {setup} has {brief(run['epochs'])} epochs; {epochs} are legal")
    if setup == dataset.trained:
        _curve(values, "train_accuracy", {epoch: value / 100 for epoch, value in run["train_acc1es"].items()})
        _curve(values, "train_loss", run["train_losses"])
        values[:, COSTS] = _costs(run, epochs)
    for split, evaluation in dataset.splits.items():
        if setup == (dataset.trained if split == "valid" else dataset.tested):
            _curve(values, f"{split}_accuracy", _at(run["eval_acc1es"], evaluation, 100))
            _curve(values, f"{split}_loss", _at(run["eval_losses"], evaluation, 1))


def _costs(run: Mapping[str, Any], epochs: int) -> NDArray[np.float64]:
    """Return the seconds of training up to each epoch and one validation, float64 `[epochs]`.

    Without a validation nobody knows what a query would have cost: `nan`.
    """
    valid_s = [value for key, value in run["eval_times"].items() if key.startswith("x-valid@")]
    with np.errstate(over="ignore"):
        seconds = np.cumsum([run["train_times"][epoch] for epoch in range(epochs)], dtype=np.float64)
        costs: NDArray[np.float64] = seconds + (np.mean(valid_s) if valid_s else np.nan)
    if ((costs < 0) | (costs > MOST_S)).any():
        raise TableFileError(f"a training takes {costs[-1]:g} s; 0 … {MOST_S:g} are legal")
    return costs


def _at(evaluations: Mapping[str, float], name: str, divisor: float) -> dict[int, float]:
    """Return what an evaluation recorded, by epoch; keys are `x-valid@11`."""
    return {
        int(key.partition("@")[2]): value / divisor
        for key, value in evaluations.items()
        if key.partition("@")[0] == name
    }


def _curve(values: NDArray[np.float32], metric: str, recorded: Mapping[int, float]) -> None:
    fraction = metric.endswith("_accuracy")
    for epoch, value in recorded.items():
        if type(epoch) is not int or not 0 <= epoch < len(values):
            raise TableFileError(f"{metric} has an epoch {brief(epoch)}; legal: 0 … {len(values) - 1}")
        legal = 0 <= value <= 1.000001 if fraction else not MOST_LOSS < abs(value) < np.inf
        if not isinstance(value, (int, float, np.number)) or not legal:
            raise TableFileError(f"{metric} after epoch {epoch + 1} is {brief(value)}")
        values[epoch, CURVES.index(metric)] = min(value, 1.0) if fraction else value


def _mean(runs: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean of what runs recorded, float64 `[3]`; nan where none did."""
    values = np.array(runs).reshape(-1, 3)
    recorded = np.isfinite(values)
    total, count = np.where(recorded, values, 0).sum(axis=0), recorded.sum(axis=0)
    mean: NDArray[np.float64] = np.divide(total, count, out=np.full(3, np.nan), where=count > 0)
    return mean


def _hardware(run: Mapping[str, Any]) -> NDArray[np.float64]:
    latency_s = np.array(run["latency"])
    with np.errstate(over="ignore"):
        latency_ms = 1000 * float(latency_s.mean()) if latency_s.size else np.nan
    found = np.array([latency_ms, round(1e6 * run["params"]), round(1e6 * run["flop"])], dtype=np.float64)
    if ((found < 0) | (found > MOST_HARDWARE)).any():
        raise TableFileError(f"latency in ms, parameters and multiply-accumulates are {brief(found.tolist())}")
    return found
