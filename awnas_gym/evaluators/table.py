"""Look the metrics up in a recorded benchmark."""

from __future__ import annotations

import itertools
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.benchmarks.listing import Listing
from awnas_gym.benchmarks.store import Column, TableFile
from awnas_gym.errors import SettingError, TableFileError, UnknownNameError
from awnas_gym.evaluators.abstract import AbstractEvaluator, Trial
from awnas_gym.metrics import Metrics, is_metric, metric_info
from awnas_gym.spaces import SPACES, Archs
from awnas_gym.spaces.abstract import MOST_ENUMERATED


@final
class TableEvaluator(AbstractEvaluator):
    """Answers from a table: one gather a metric.

    A table holds its whole space (axes `arch` or `class`) or lists architectures (axis `row`, `benchmarks.listing`).
    One that is not listed has the record of one listed that computes the same function, if any.

    `cost_s` is what the evaluation would have cost on the machine named in the card: the seconds of one
    training up to the fidelity, times the number of recorded trainings that `trial="mean"` averages. An
    architecture without any record costs what one training costs: somebody had to try. It counts whichever
    metrics are asked for, and is absent where the table has no training seconds.

    Args:
        table: an open table.

    Raises:
        TableFileError: the columns do not fit each other or the space.
    """

    def __init__(self, table: TableFile) -> None:
        self.table = table
        try:
            self.space = SPACES.load(table.space["name"])(**table.space["settings"])
        except (TypeError, UnknownNameError, SettingError) as error:
            raise TableFileError(f"{table.path}: its space cannot be built: {error}") from error
        self.card = table.card
        self.version = table.checksum
        self._columns = {name: c for name, c in table.columns.items() if is_metric(name) and name != "cost_s"}
        self._cost = table.columns.get("cost_s", table.columns.get("train_s_model"))
        self._listing = Listing(table, self.space) if "archs" in table.columns else None
        self._row = self._check_rows()
        lengths = {c.shape[1:] for c in table.columns.values() if "epoch" in c.dims}
        if not self._columns:
            raise TableFileError(f"{table.path} holds no metric; its columns are {', '.join(table.columns)}")
        if len(lengths) > 1:
            raise TableFileError(f"{table.path}: the columns disagree about (trials, epochs): {sorted(lengths)}")
        (self.trials, epochs) = lengths.pop() if lengths else (1, 1)
        self.fidelities = self._check_fidelities(table.card.get("fidelities", list(range(1, epochs + 1))), epochs)
        self.yields = frozenset(self._columns) | (set() if self._cost is None else {"cost_s"})
        self._dense: dict[tuple[str, int, Trial], NDArray[np.float64]] = {}

    @property
    def by_architecture(self) -> frozenset[str]:
        """The metrics that are neither of a trial nor of an epoch."""
        return frozenset(name for name, column in self._columns.items() if "epoch" not in column.dims)

    def _check_rows(self) -> NDArray[np.int64]:
        """Return the row of each place in a vector of answers, int `[places]`, after a look at every axis."""
        path, columns = self.table.path, self.table.columns
        first = ("row",) if self._listing else ("arch", "class")
        axes = [(each, *rest) for rest in ((), ("trial", "epoch")) for each in first]
        for name, column in columns.items():
            legal = axes[: len(first)] if name == "train_s_model" else axes
            if (is_metric(name) or name == "train_s_model") and column.dims not in legal:
                raise TableFileError(f"{path}: {name} has the axes {column.dims}; legal: {legal}")
        if self._listing is None and not (self.space.unconstrained and self.space.size <= MOST_ENUMERATED):
            raise TableFileError(f"{path}: a table over {self.space.name} lists its architectures (column archs)")
        size = len(self._listing.archs) if self._listing else self.space.size
        for name, column in columns.items():
            if column.dims[:1] == ("row" if self._listing else "arch",) and column.shape[0] != size:
                raise TableFileError(f"{path}: {name} has {column.shape[0]:,} rows for {size:,} architectures")
        if self._listing or not any(column.dims[:1] == ("class",) for column in columns.values()):
            return np.arange(size)
        return self._check_classes()

    def _check_classes(self) -> NDArray[np.int64]:
        """Return the class of each architecture, int `[size]`."""
        path, columns = self.table.path, self.table.columns
        classes = {column.shape[0] for column in columns.values() if column.dims[:1] == ("class",)}
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
        places = self.places(archs)
        if trial != "random":
            return {name: self.vector(name, fidelity, trial)[places] for name in sorted(wanted)}
        # the same recorded training for every metric; [trials, batch]
        recorded = np.stack([self._recorded(fidelity, k)[places] for k in range(self.trials)])
        rank = np.floor(rng.random(len(places)) * recorded.sum(axis=0)).astype(np.int64)
        drawn = ((np.cumsum(recorded, axis=0) - 1 == rank) & recorded).argmax(axis=0)
        found: Metrics = {}
        for name in sorted(wanted):
            by_trial = np.stack([self.vector(name, fidelity, k)[places] for k in range(self.trials)])
            found[name] = np.take_along_axis(by_trial, drawn[None], axis=0)[0]
        return found

    @property
    def listable(self) -> bool:
        """A table lists what it holds."""
        return True

    def population(self) -> Archs:
        """Return the architectures of the table, int `[n, decisions]`: the whole space, or those it lists."""
        return self._listing.archs if self._listing else self.space.enumerate()

    def places(self, archs: ArrayLike) -> NDArray[np.int64]:
        """Return where in a `vector` each architecture's answer stands, int64 `[batch]`."""
        return self._listing.rows(archs) if self._listing else self.space.index(archs)

    def own_places(self, archs: ArrayLike) -> NDArray[np.int64]:
        """Return what `places` does, but -1 for an architecture that is not listed itself."""
        return self._listing.own_rows(archs) if self._listing else self.space.index(archs)

    def _recorded(self, fidelity: int, trial: int) -> NDArray[np.bool_]:
        """Tell where any learning curve of a trial is recorded at a fidelity, bool `[places]`."""
        curves = [name for name, column in self._columns.items() if "epoch" in column.dims] or self._columns
        found: NDArray[np.bool_] = np.any([np.isfinite(self.vector(name, fidelity, trial)) for name in curves], axis=0)
        return found

    def vector(self, name: str, fidelity: int, trial: Trial) -> NDArray[np.float64]:
        """Return one metric at every place, float64 `[places]`, read-only; kept for the next call.

        A loop that keeps `places` needs no more than `vector[places]`. `trial` is not `"random"`.
        """
        key = (name, fidelity, trial)
        if key not in self._dense:
            if name not in self.yields:
                metric_info(name)
                raise SettingError(
                    f"{self.table.path.stem} does not hold {name}; it holds {', '.join(sorted(self.yields))}"
                )
            vector = self._cost_s(fidelity, trial) if name == "cost_s" else self._expand(self._columns[name], key)
            vector.flags.writeable = False
            self._dense[key] = vector
        return self._dense[key]

    def holds(self, name: str, fidelity: int, trial: Trial) -> bool:
        """Tell whether any architecture has a metric at a fidelity and a trial, which is not `"random"`."""
        return bool(np.isfinite(self.vector(name, fidelity, trial)).any())

    def _cost_s(self, fidelity: int, trial: Trial) -> NDArray[np.float64]:
        """Return the cost of an evaluation, float64 `[places]`."""
        column = self._cost
        assert column is not None  # noqa: S101 - `yields` says so
        if "epoch" not in column.dims:  # of one training to the end
            one = self._expand(column, ("cost_s", fidelity, trial)) * (fidelity / self.fidelities[-1])
            if trial != "mean":
                return np.asarray(one)
            trained = np.sum([self._recorded(fidelity, k) for k in range(self.trials)], axis=0)
            return np.asarray(one * np.maximum(trained, 1))
        if trial != "mean":
            return self._expand(column, ("cost_s", fidelity, trial))
        each = np.stack([self._expand(column, ("cost_s", fidelity, k)) for k in range(self.trials)])
        cost_s = np.asarray(np.nansum(each, axis=0))
        cost_s[np.isnan(each).all(axis=0)] = np.nan
        return cost_s

    def _expand(self, column: Column, key: tuple[str, int, Trial]) -> NDArray[np.float64]:
        values: NDArray[Any] = column.values
        _, fidelity, trial = key
        if "epoch" in column.dims:
            values = values[:, :, self.fidelities.index(fidelity)]
            recorded = ~self._unrecorded(values)
            with np.errstate(invalid="ignore"):
                if trial == "mean":
                    values = np.where(recorded, values, 0).sum(axis=1) / recorded.sum(axis=1)
                else:
                    values = np.where(recorded[:, int(trial)], values[:, int(trial)], np.nan)
        dense = values.astype(np.float64) / column.denominator
        if self._listing:
            return np.append(dense, np.nan)  # the place of what is not listed is -1, the last
        return dense[self._row] if column.dims[0] == "class" else dense

    @staticmethod
    def _unrecorded(values: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell which values were never measured: `nan`, or the largest of an integer type."""
        unrecorded: NDArray[np.bool_] = (
            np.isnan(values) if values.dtype.kind == "f" else values == np.iinfo(values.dtype).max
        )
        return unrecorded

    def coverage(self) -> float | None:
        """Return the share of the space, of a listed table the share of its classes, that has a record.

        None where nobody has counted the classes of the space.
        """
        recorded = np.any([self._recorded(self.fidelities[-1], k) for k in range(self.trials)], axis=0)
        if self._listing is None:
            return float(recorded.mean())
        classes = self.card.get("classes")
        return classes / self.space.unique_size if self.space.unique_size and isinstance(classes, int) else None
