"""TransNAS-Bench-101 [Duan et al., CVPR 2021] from `transnas-bench_v10141024.pth`: 7,352 networks on seven tasks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks import Column
from awnas_gym.config import brief
from awnas_gym.errors import GenotypeError, MissingDataError, TableFileError
from awnas_gym.ingest.official.imported import CURVE, Imported, Progress
from awnas_gym.ingest.official.importer import importer
from awnas_gym.ingest.official.pickled import mapped_pickle
from awnas_gym.ingest.official.transnas_tasks import TASKS, Task
from awnas_gym.metrics import ACCURACY, SPLITS
from awnas_gym.pickles import parse_entries
from awnas_gym.spaces import AbstractSpace, Archs
from awnas_gym.spaces.transnas_macro import TransNASMacro
from awnas_gym.spaces.transnas_micro import TransNASMicro

SPACES: dict[str, type[TransNASMicro] | type[TransNASMacro]] = {"macro": TransNASMacro, "micro": TransNASMicro}
"""By their keys in the file."""

INFO = {
    "inference_time": ("latency_ms", 1e3),
    "model_params": ("params", 1.0),
    "model_FLOPs": ("macs", 1.0),
}
"""Name in `model_info` -> metric here, and what the file's numbers are multiplied by."""

CHANCE = {"class_scene": 1 / 47, "class_object": 1 / 75, "jigsaw": 1 / 1000}
"""Accuracy of guessing."""

MOST_EPOCHS, MOST = 1000, 1e15
"""What is believed: epochs of a training, and the size of a number."""

_CLOCK = re.compile(r"([0-9]{2,4}):([0-5][0-9]):([0-5][0-9])")

LIMITS = (
    "One training of each network on each task: nobody knows how much another seed would change.",
    "cost_s is the file's time_elapsed: what the authors' code writes is the time since the training began, with the "
    "evaluations on validation and test images.",
    "latency_ms is that of one image of 720 x 1080 pixels on a graphics card, by the authors' code; params and macs "
    "are of the whole network with the decoder of its task.",
)


@importer(tables=tuple(f"transnas_{space}-{task}" for space in ("micro", "macro") for task in TASKS), unit="networks")
def import_transnas(path: Path, *, progress: Progress, partial: bool = False) -> list[Imported]:
    """Return a table of each space and task, `transnas_<space>-<task>`: every epoch, in the order of the file.

    Args:
        path: of the file.
        progress: told how many networks are read.
        partial: take what is there; otherwise a missing network is an error.

    Raises:
        MissingDataError: no such file, or networks are missing.
        TableFileError: it is damaged or something else; names the network, the task and the metric.
    """
    gathered = {key: Gathered(make()) for key, make in SPACES.items()}
    total, done = sum(each.space.size for each in gathered.values()), 0

    def take(genotype: str, entry: dict[Any, Any]) -> None:
        nonlocal done
        where = f"{path}: {brief(genotype)}"
        gathered["macro" if genotype.endswith("-basic") else "micro"].add(genotype, entry, where)
        done += 1
        progress(done, total)

    with mapped_pickle(path) as (data, at):
        rest, _ = parse_entries(data, under=SPACES, each=take, where=str(path), keys=str, at=at)
    if not done or not isinstance(rest, dict) or not isinstance(rest.get("data"), dict):
        raise TableFileError(f"{path} is no file of TransNAS-Bench-101: it holds no networks under data")
    if done < total and not partial:
        raise MissingDataError(f"{path} lacks {total - done:,} of {total:,} networks")
    return [table for each in gathered.values() for table in each.imported()]


@final
class Gathered:
    """The networks of one space so far.

    Args:
        space: of them.
    """

    def __init__(self, space: AbstractSpace) -> None:
        self.space = space
        self._archs: dict[str, Archs] = {}
        self._curves: dict[str, list[dict[str, NDArray[np.float32]]]] = {task: [] for task in TASKS}
        self._info: dict[str, list[list[float]]] = {task: [] for task in TASKS}

    def add(self, genotype: str, entry: dict[Any, Any], where: str) -> None:
        """Take one network; `TableFileError` says what is wrong with it."""
        try:
            arch = self.space.parse(genotype)
        except GenotypeError as error:
            raise TableFileError(f"{where} is no network of the benchmark: {error}") from error
        if genotype in self._archs:
            raise TableFileError(f"{where} is there twice")
        for name, task in TASKS.items():
            found = entry.get(name)
            if not isinstance(found, dict) or not isinstance(found.get("metrics"), dict):
                raise TableFileError(f"{where} has no metrics of {name}")
            epochs = found.get("total_epochs")
            if isinstance(epochs, bool) or not isinstance(epochs, int) or not 1 <= epochs <= MOST_EPOCHS:
                raise TableFileError(f"{where}, {name}: total_epochs is {brief(epochs)}; a number from 1 is wanted")
            self._curves[name].append(_curves(found["metrics"], task, epochs, f"{where}, {name}"))
            info = found.get("model_info")
            self._info[name].append([_info(info.get(key)) if isinstance(info, dict) else np.nan for key in INFO])
        self._archs[genotype] = arch

    def imported(self) -> list[Imported]:
        """Return a table of each task; none where there is no network."""
        if not self._archs:
            return []
        return [self._table(name, task) for name, task in TASKS.items()]

    def _table(self, name: str, task: Task) -> Imported:
        rows = self._curves[name]
        epochs = max(len(curve) for row in rows for curve in row.values())
        columns = {}
        for metric in dict.fromkeys(metric for row in rows for metric in row):
            values = np.full((len(rows), 1, epochs), np.nan, dtype=np.float32)
            for i, row in enumerate(rows):
                curve = row.get(metric, np.empty(0, dtype=np.float32))
                values[i, 0, : len(curve)] = curve
            columns[metric] = Column(values, CURVE)
        limits = list(LIMITS)
        if "cost_s" in columns and not _ascends(columns["cost_s"].values):
            del columns["cost_s"]
            limits[1] = (
                "There is no cost_s: the times in the file do not ascend with the epochs, so what they are is open."
            )
        info = np.array(self._info[name]) * [scale for _, scale in INFO.values()]
        for (metric, _), values in zip(INFO.values(), info.T, strict=True):
            if np.isfinite(values).any():
                columns[metric] = Column(np.ascontiguousarray(values), ("row",))
        space = type(self.space)(**({} if task.classes is None else {"classes": task.classes}))
        kind = space.name.removeprefix("transnas_")
        card = {
            "title": f"TransNAS-Bench-101, {kind}, {name}",
            "licence": "MIT (the authors' repository)",
            "url": "https://github.com/yawen-d/TransNASBench",
            "protocol": f"one training on images of Taskonomy: {task.title}",
            "dataset": name,
            "fidelities": list(range(1, epochs + 1)),
            **({} if task.score == ACCURACY else {"score": task.score}),
            "limits": limits,
        }
        archs = np.array(list(self._archs.values()))
        return Imported(f"{space.name}-{name}", space, archs, columns, card, chance=CHANCE.get(name, 0.0))


def _curves(metrics: dict[Any, Any], task: Task, epochs: int, where: str) -> dict[str, NDArray[np.float32]]:
    """Return the curves of one training, float32 `[epochs]`, by the names that they have here."""
    found = {}
    for split in SPLITS:
        for theirs, (ours, scale) in task.metrics.items():
            prefixes = (split, "val") if split == "valid" else (split,)
            key = next((f"{each}_{theirs}" for each in prefixes if f"{each}_{theirs}" in metrics), None)
            if key is not None:
                most = scale if scale > 1 or ours == "ssim" else MOST
                curve = _curve(
                    metrics[key], epochs, f"{where}: {key}", least=-1.0 if ours == "ssim" else 0.0, most=most
                )
                found[f"{split}_{ours}"] = (curve / scale).astype(np.float32)
    if f"valid_{task.score}" not in found:
        raise TableFileError(f"{where} has no metric of the validation images that is {task.score}")
    if "time_elapsed" in metrics:
        times = metrics["time_elapsed"]
        seconds = [_seconds(each) for each in times] if isinstance(times, list) else times
        found["cost_s"] = _curve(seconds, epochs, f"{where}: time_elapsed", least=0.0, most=MOST).astype(np.float32)
    return found


def _curve(values: object, epochs: int, where: str, *, least: float, most: float) -> NDArray[np.float64]:
    """Return a number of each epoch, float64 `[epochs]`; what is not finite was not recorded."""
    if not isinstance(values, list) or len(values) != epochs:
        raise TableFileError(f"{where} is {brief(values)}; {epochs} numbers are wanted, one an epoch")
    for epoch, value in enumerate(values, 1):
        if not _is_number(value) or value < least or most < value < float("inf"):
            raise TableFileError(
                f"{where} after epoch {epoch} is {brief(value)}; a number from {least:g} to {most:g} is wanted"
            )
    given = np.array(values, dtype=np.float64)
    return np.where(np.isfinite(given), given, np.nan)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - whatever the file holds
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _info(value: Any) -> float:  # noqa: ANN401
    """Return a number from 0; nan for anything else, as the authors' script writes a text where it did not measure."""
    return float(value) if _is_number(value) and 0 <= value <= MOST else float("nan")


def _seconds(value: Any) -> Any:  # noqa: ANN401
    """Return the seconds of a clock's `hh:mm:ss`, and anything else as it is."""
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    return value if match is None else int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])


def _ascends(times: NDArray[np.float32]) -> bool:
    """Tell whether the times of every training, float32 `[rows, 1, epochs]`, grow with its epochs."""
    steps = np.diff(times, axis=-1)
    return bool((steps[np.isfinite(steps)] >= 0).all())
