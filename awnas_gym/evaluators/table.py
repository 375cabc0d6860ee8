"""Look the metrics up in a recorded benchmark."""

from __future__ import annotations

import itertools
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.benchmarks.store import Column, TableFile
from awnas_gym.errors import SettingError, TableFileError
from awnas_gym.evaluators.abstract import AbstractEvaluator, Trial
from awnas_gym.metrics import METRICS, Metrics, metric_info
from awnas_gym.spaces import SPACES


@final
class TableEvaluator(AbstractEvaluator):
    """Answers from a table: one gather a metric.

    `cost_s` is what the evaluation would have cost on the machine named in the card: the seconds of one
    training up to the fidelity, times the number of recorded trainings that `trial="mean"` averages. An
    architecture without any record costs what one training costs: somebody had to try. It counts whichever
    metrics are asked for, and is absent where the table has no training seconds.

    Args:
        table: an open table whose space can be enumerated.

    Raises:
        TableFileError: the columns do not fit each other or the space.
    """

    def __init__(self, table: TableFile) -> None:
        self.table = table
        try:
            self.space = SPACES.load(table.space["name"])(**table.space["settings"])
        except TypeError as error:
            raise TableFileError(f"{table.path}: its space cannot be built: {error}") from error
        self.card = table.card
        self.version = table.checksum
        self._columns = {name: c for name, c in table.columns.items() if name in METRICS}
        self._row = self._check_rows()
        lengths = {c.values.shape[1:] for c in self._columns.values() if "epoch" in c.dims}
        if len(lengths) != 1:
            raise TableFileError(f"{table.path}: the columns disagree about (trials, epochs): {sorted(lengths)}")
        (self.trials, epochs) = lengths.pop()
        self.fidelities = self._check_fidelities(table.card.get("fidelities", list(range(1, epochs + 1))), epochs)
        self.yields = frozenset(self._columns) | ({"cost_s"} if "train_s_model" in table.columns else set())
        self._dense: dict[tuple[str, int, Trial], NDArray[np.float64]] = {}

    def _check_rows(self) -> NDArray[np.int64]:
        """Return the row of each architecture in columns of classes, int `[size]`, after a look at every axis."""
        path, size, columns = self.table.path, self.space.size, self.table.columns
        for name, column in columns.items():
            axes: list[tuple[str, ...]] = [("arch",), ("class",)]
            if name in METRICS:
                axes += [("arch", "trial", "epoch"), ("class", "trial", "epoch")]
            if (name in METRICS or name == "train_s_model") and column.dims not in axes:
                raise TableFileError(f"{path}: {name} has the axes {column.dims}; legal: {axes}")
            if column.dims[:1] == ("arch",) and len(column.values) != size:
                raise TableFileError(f"{path}: {name} has {len(column.values):,} rows for {size:,} architectures")
        classes = {len(column.values) for column in columns.values() if column.dims[:1] == ("class",)}
        if not classes:
            return np.arange(size)
        owner = columns.get("class_of_arch")
        if owner is None or owner.dims != ("arch",) or owner.values.dtype.kind not in "iu" or len(classes) != 1:
            raise TableFileError(
                f"{path}: columns of classes need class_of_arch, whole numbers with the axis ('arch',), "
                f"and equally many rows; they have {sorted(classes)}"
            )
        row = owner.values.astype(np.int64)
        if row.min() < 0 or row.max() >= max(classes):
            raise TableFileError(
                f"{path}: class_of_arch holds {row.min()} … {row.max()}; legal: 0 … {max(classes) - 1}"
            )
        return row

    def _check_fidelities(self, given: object, epochs: int) -> tuple[int, ...]:
        """Return the card's fidelities; they are whole numbers above 0, ascending, one for each epoch's column."""
        if isinstance(given, list) and all(type(each) is int and each > 0 for each in given):
            found: tuple[int, ...] = tuple(given)
            if len(found) == epochs and all(a < b for a, b in itertools.pairwise(found)):
                return found
        raise TableFileError(
            f"{self.table.path}: fidelities are {epochs} whole numbers above 0, ascending; got {given!r}"
        )

    def evaluate(
        self,
        archs: ArrayLike,
        *,
        fidelity: int | None = None,
        trial: Trial = "mean",
        rng: np.random.Generator,
        metrics: frozenset[str] | None = None,
    ) -> Metrics:
        """Return `metrics` (default: all) of `archs`, int `[batch, decisions]`.

        `trial="random"` draws one of the recorded trainings of each architecture; `nan` where there is none.
        """
        fidelity, trial = self.check_fidelity(fidelity), self.check_trial(trial)
        wanted = self.yields if metrics is None else metrics
        index = self.space.index(archs)
        if trial != "random":
            return {name: self._vector(name, fidelity, trial)[index] for name in sorted(wanted)}
        # the same recorded training for every metric; [trials, batch]
        recorded = np.stack([self._recorded(fidelity, k)[index] for k in range(self.trials)])
        rank = np.floor(rng.random(len(index)) * recorded.sum(axis=0)).astype(np.int64)
        drawn = ((np.cumsum(recorded, axis=0) - 1 == rank) & recorded).argmax(axis=0)
        found: Metrics = {}
        for name in sorted(wanted):
            by_trial = np.stack([self._vector(name, fidelity, k)[index] for k in range(self.trials)])
            found[name] = np.take_along_axis(by_trial, drawn[None], axis=0)[0]
        return found

    def _recorded(self, fidelity: int, trial: int) -> NDArray[np.bool_]:
        """Tell which architectures have any learning curve of a trial at a fidelity, bool `[size]`."""
        curves = [name for name, column in self._columns.items() if "epoch" in column.dims]
        found: NDArray[np.bool_] = np.any([np.isfinite(self._vector(name, fidelity, trial)) for name in curves], axis=0)
        return found

    def _vector(self, name: str, fidelity: int, trial: Trial) -> NDArray[np.float64]:
        """Return one metric of every architecture of the space, float64 `[size]`, kept for the next call."""
        key = (name, fidelity, trial)
        if key not in self._dense:
            if name not in self.yields:
                metric_info(name)
                raise SettingError(
                    f"{self.table.path.stem} does not hold {name}; it holds {', '.join(sorted(self.yields))}"
                )
            if name == "cost_s":
                vector = self._expand(self.table.columns["train_s_model"]) * (fidelity / self.fidelities[-1])
                if trial == "mean":
                    trained = np.sum([self._recorded(fidelity, k) for k in range(self.trials)], axis=0)
                    vector = vector * np.maximum(trained, 1)
            else:
                vector = self._expand(self._columns[name], fidelity, trial)
            vector.flags.writeable = False
            self._dense[key] = vector
        return self._dense[key]

    def _expand(self, column: Column, fidelity: int = 0, trial: Trial = "mean") -> NDArray[np.float64]:
        values: NDArray[Any] = column.values
        if "epoch" in column.dims:
            values = values[:, :, self.fidelities.index(fidelity)]
            recorded = ~self._unrecorded(values)
            with np.errstate(invalid="ignore"):
                if trial == "mean":
                    values = np.where(recorded, values, 0).sum(axis=1) / recorded.sum(axis=1)
                else:
                    values = np.where(recorded[:, int(trial)], values[:, int(trial)], np.nan)
        dense = values.astype(np.float64) / column.denominator
        return dense[self._row] if column.dims[0] == "class" else dense

    @staticmethod
    def _unrecorded(values: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell which values were never measured: `nan`, or the largest of an integer type."""
        unrecorded: NDArray[np.bool_] = (
            np.isnan(values) if values.dtype.kind == "f" else values == np.iinfo(values.dtype).max
        )
        return unrecorded

    def coverage(self) -> float:
        """Return the share of the space whose validation accuracy is recorded."""
        vector = self._vector("valid_accuracy", self.fidelities[-1], "mean")
        return float(np.isfinite(vector).mean())
