"""NAS-Bench-ASR [Mehrotra et al., ICLR 2021] from its pickles: the phoneme error rates of 8,242 cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks import Column
from awnas_gym.config import brief
from awnas_gym.errors import IllegalArchitectureError, MissingDataError, TableFileError
from awnas_gym.ingest.official.imported import CURVE, Imported, Progress
from awnas_gym.ingest.official.importer import importer
from awnas_gym.pickles import read_pickles
from awnas_gym.spaces import Archs
from awnas_gym.spaces.nasbench_asr import NODES, OPERATIONS, NASBenchASR

NAME, SCORE = "nasbench_asr-timit", "phoneme_error_rate"
BUDGETS = (5, 10, 40)
"""Epochs of the trainings; each is a training of its own."""

VERSIONS = (1, 2)
"""Of a file's form; the second counts floating-point operations too."""

COLUMNS = {
    "training": ("model_hash", "val_per", "test_per", "arch_vec"),
    "benchmarking": ("model_hash", "latency"),
    "static": ("model_hash", "params"),
}
"""What the rows of each kind of file hold at least."""

STATIC = ("params", "flops")
MOST_RATE, MOST_S, MOST = 1e3, 1e6, 1e15
"""What is believed: an error rate, a latency in seconds, and the size of another number."""

_SHAPE = [[len(OPERATIONS), *[2] * node] for node in range(1, NODES + 1)]

LIMITS = (
    "valid_phoneme_error_rate is that of the epoch with the lowest, and test_phoneme_error_rate that of the same "
    "weights: the file has one test number a training. Every epoch's validation is in the tables of curves.",
    "Records are kept under the hash of a graph. The authors' networks read a cell otherwise: 242 of the 8,242 graphs "
    "stand for several functions, of which the one that was trained is listed.",
    "Nobody recorded how long a training takes: there is no cost_s.",
    "Latencies are the file's numbers times 1,000: nothing says their unit, which their size makes seconds. flops are "
    "the file's, however its authors count them.",
)


@importer(tables=(NAME, *(f"{NAME}-curves{epochs}" for epochs in BUDGETS)), unit="files")
def import_nasbench_asr(path: Path, *, progress: Progress, partial: bool = False) -> list[Imported]:
    """Return `nasbench_asr-timit`, the ends of all trainings, and a table of the curves of each number of epochs.

    Args:
        path: of the folder with `nb-asr-e40-1234.pickle` and the like, or of one such file.
        progress: told how many files are read.
        partial: take what is there; otherwise a training file without all cells is an error.

    Raises:
        MissingDataError: no such files, or cells are missing.
        TableFileError: one is damaged or something else; names the cell.
    """
    files = sorted(path.glob("nb-asr-*.pickle")) if path.is_dir() else [path]
    gathered = Gathered()
    for done, file in enumerate(files, start=1):
        header, rows = read_pickles(file, count=2)
        gathered.add(header, rows, str(file))
        progress(done, len(files))
    if not gathered.curves:
        raise MissingDataError(f"{path} holds no trainings: no nb-asr-e40-1234.pickle or the like")
    for (epochs, seed), found in gathered.curves.items():
        missing = NASBenchASR.unique_size - len(found)
        if missing and not partial:
            raise MissingDataError(
                f"{path}: the trainings of {epochs} epochs and seed {seed} lack {missing:,} of "
                f"{NASBenchASR.unique_size:,} cells"
            )
    return gathered.imported()


@final
class Gathered:
    """The files so far.

    Attributes:
        curves: (epochs, seed) -> hash of a cell -> its validation error rates and its test error rate.
    """

    def __init__(self) -> None:
        self.curves: dict[tuple[int, int], dict[str, tuple[NDArray[np.float32], float]]] = {}
        self._archs: dict[str, Archs] = {}
        self._numbers: dict[str, dict[str, float]] = {}
        self._space = NASBenchASR()

    def add(self, header: object, rows: object, where: str) -> None:
        """Take a file; `TableFileError` says what is wrong with it."""
        kind, columns = _check_header(header, where)
        assert isinstance(header, dict)  # noqa: S101 - checked
        entries = _entries(rows, columns, where)
        if kind == "training":
            self._add_trainings(header, entries, where)
        elif kind == "benchmarking":
            device = header.get("device")
            name = re.sub("[^a-z0-9]+", "_", device.lower()) if isinstance(device, str) else ""
            if not re.fullmatch("[a-z][a-z0-9_]{0,40}", name):
                raise TableFileError(f"{where}: device is {brief(device)}; a name is wanted")
            self._add_numbers(f"{name}_latency_ms", entries, "latency", where, most=MOST_S, scale=1000.0)
        else:
            for name in STATIC:
                if name in columns:
                    self._add_numbers(name, entries, name, where, most=MOST)

    def _add_trainings(self, header: Mapping[Any, Any], entries: Mapping[str, Mapping[str, Any]], where: str) -> None:
        epochs, seed = header.get("epochs"), header.get("seed")
        if type(epochs) is not int or epochs not in BUDGETS:
            legal = ", ".join(map(str, BUDGETS))
            raise TableFileError(f"{where} is of trainings of {brief(epochs)} epochs; legal: {legal}")
        if type(seed) is not int or not 0 <= seed < 2**31:
            raise TableFileError(f"{where}: seed is {brief(seed)}; a number from 0 is wanted")
        if (epochs, seed) in self.curves:
            raise TableFileError(f"{where}: trainings of {epochs} epochs and seed {seed} are there twice")
        found = self.curves[epochs, seed] = {}
        for key, entry in entries.items():
            place = f"{where}: {key}"
            self._take_arch(key, entry["arch_vec"], place)
            curve = entry["val_per"]
            if not isinstance(curve, (list, tuple)) or len(curve) != epochs:
                raise TableFileError(f"{place}: val_per is {brief(curve)}; {epochs} numbers are wanted, one an epoch")
            values = [_number(each, f"{place}: val_per", most=MOST_RATE) for each in curve]
            test = _number(entry["test_per"], f"{place}: test_per", most=MOST_RATE)
            found[key] = (np.array(values, dtype=np.float32), test)

    def _take_arch(self, key: str, vector: object, where: str) -> None:
        """Keep the cell that was trained for a hash."""
        nodes = vector if isinstance(vector, (list, tuple)) else ()
        sizes = [len(node) if isinstance(node, (list, tuple)) else 0 for node in nodes]
        row = [each for node in nodes for each in node] if sizes == list(map(len, _SHAPE)) else []
        if not row or not all(type(each) is int for each in row):
            raise TableFileError(
                f"{where}: arch_vec is {brief(vector)}; [[op, s], [op, s, s], [op, s, s, s]] is wanted"
            )
        if key in self._archs:
            if self._archs[key].tolist() != row:
                raise TableFileError(f"{where}: arch_vec is {brief(vector)}; another file has another one")
            return
        try:
            arch = self._space.check(row)[0]
        except IllegalArchitectureError as error:
            raise TableFileError(f"{where}: {error}") from error
        if self._space.official_hash(arch) != key:
            raise TableFileError(f"{where} is not the hash of {self._space.genotype(arch)}")
        self._archs[key] = arch

    def _add_numbers(
        self,
        metric: str,
        entries: Mapping[str, Mapping[str, Any]],
        column: str,
        where: str,
        *,
        most: float,
        scale: float = 1.0,
    ) -> None:
        if metric in self._numbers:
            raise TableFileError(f"{where}: {metric} is there twice")
        self._numbers[metric] = {
            key: scale * _number(entry[column], f"{where}: {key}: {column}", most=most)
            for key, entry in entries.items()
        }

    # ---------------------------------------------------------------- tables

    def imported(self) -> list[Imported]:
        """Return the tables, cells in the order in which they first came."""
        budgets = sorted({epochs for epochs, _ in self.curves})
        return [self._ends(budgets), *(self._curves(epochs) for epochs in budgets)]

    def _ends(self, budgets: Sequence[int]) -> Imported:
        seeds = sorted({seed for _, seed in self.curves})
        values = np.full((2, len(self._archs), len(seeds), len(budgets)), np.nan, dtype=np.float32)
        rows = {key: row for row, key in enumerate(self._archs)}
        for (epochs, seed), found in self.curves.items():
            for key, (curve, test) in found.items():
                known = curve[np.isfinite(curve)]
                best = known.min() if len(known) else np.nan
                values[:, rows[key], seeds.index(seed), budgets.index(epochs)] = best, test
        metrics = {f"valid_{SCORE}": Column(values[0], CURVE), f"test_{SCORE}": Column(values[1], CURVE)}
        what = f"ends of trainings of {', '.join(map(str, budgets))} epochs"
        return self._table(NAME, what, metrics, list(budgets), seeds)

    def _curves(self, epochs: int) -> Imported:
        seeds = sorted(seed for budget, seed in self.curves if budget == epochs)
        values = np.full((len(self._archs), len(seeds), epochs), np.nan, dtype=np.float32)
        for row, key in enumerate(self._archs):
            for trial, seed in enumerate(seeds):
                found = self.curves[epochs, seed].get(key)
                if found is not None:
                    values[row, trial] = found[0]
        metrics = {f"valid_{SCORE}": Column(values, CURVE)}
        what = f"every epoch of trainings of {epochs} epochs"
        return self._table(f"{NAME}-curves{epochs}", what, metrics, list(range(1, epochs + 1)), seeds)

    def _table(
        self, name: str, what: str, metrics: dict[str, Column], fidelities: list[int], seeds: list[int]
    ) -> Imported:
        limits = list(LIMITS)
        for metric, numbers in self._numbers.items():
            values = np.array([numbers.get(key, np.nan) for key in self._archs])
            unknown = int(np.isnan(values).sum())
            if unknown < len(values):
                metrics[metric] = Column(values, ("row",))
            if unknown:
                limits.append(f"{metric} is recorded of {len(values) - unknown:,} of {len(values):,} cells.")
        card = {
            "title": f"NAS-Bench-ASR, TIMIT, {what}",
            "licence": "Apache-2.0 (the authors' repository)",
            "url": "https://github.com/SamsungLabs/nb-asr",
            "protocol": f"{what}; phoneme error rate on the validation and the test utterances of TIMIT",
            "dataset": "timit",
            "fidelities": fidelities,
            "seeds": seeds,
            "score": SCORE,
            "limits": limits,
        }
        return Imported(name, self._space, np.array(list(self._archs.values())), metrics, card, chance=0.0)


def _check_header(header: object, where: str) -> tuple[str, list[str]]:
    """Return the kind of a file and the names of its columns."""
    if not isinstance(header, dict):
        raise TableFileError(f"{where} is no file of NAS-Bench-ASR: it begins with {brief(header)}, not with a header")
    kind, version, columns = (header.get(key) for key in ("dataset_type", "version", "columns"))
    if not isinstance(kind, str) or kind not in COLUMNS:
        raise TableFileError(f"{where}: dataset_type is {brief(kind)}; legal: {', '.join(COLUMNS)}")
    if type(version) is not int or version not in VERSIONS:
        raise TableFileError(f"{where} has version {brief(version)}; legal: {', '.join(map(str, VERSIONS))}")
    if not isinstance(columns, (list, tuple)) or not all(isinstance(each, str) for each in columns):
        raise TableFileError(f"{where}: columns is {brief(columns)}; a list of names is wanted")
    missing = [each for each in COLUMNS[kind] if each not in columns]
    if missing or len(set(columns)) < len(columns):
        raise TableFileError(f"{where}: columns are {brief(columns)}; {', '.join(COLUMNS[kind])} are wanted, each once")
    space = header.get("search_space")
    wanted = {"ops": list(OPERATIONS), "nodes": NODES, "shape": _SHAPE}
    if not isinstance(space, dict) or not all(_same(space.get(key), value) for key, value in wanted.items()):
        raise TableFileError(f"{where} is of another search space: {brief(space)}")
    return kind, list(columns)


def _same(value: Any, wanted: Any) -> bool:  # noqa: ANN401 - whatever the file holds
    """Tell whether a value is the wanted one; tuples may stand for lists."""
    if isinstance(wanted, list):
        return isinstance(value, (list, tuple)) and len(value) == len(wanted) and all(map(_same, value, wanted))
    return type(value) is type(wanted) and value == wanted


def _entries(rows: object, columns: Sequence[str], where: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a file by the hashes of their cells."""
    if not isinstance(rows, (list, tuple)):
        raise TableFileError(f"{where}: its rows are {brief(rows)}; a list is wanted")
    found: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows):
        if not isinstance(row, (list, tuple)) or len(row) != len(columns):
            raise TableFileError(f"{where}: row {number} is {brief(row)}; {', '.join(columns)} are wanted")
        entry = dict(zip(columns, row, strict=True))
        key = entry["model_hash"]
        if not isinstance(key, str) or not re.fullmatch("[0-9a-f]{32}", key):
            raise TableFileError(f"{where}: row {number} has the hash {brief(key)}; 32 hexadecimal digits are wanted")
        if key in found:
            raise TableFileError(f"{where}: {key} is there twice")
        found[key] = entry
    return found


def _number(value: Any, where: str, *, most: float) -> float:  # noqa: ANN401 - whatever the file holds
    """Return a number from 0; nan for one that is not finite, which says that nothing was measured."""
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if is_number and isinstance(value, (float, np.floating)) and not np.isfinite(value):
        return float("nan")
    if not is_number or not 0 <= value <= most:
        raise TableFileError(f"{where} is {brief(value)}; a number from 0 to {most:g} is wanted")
    return float(value)
