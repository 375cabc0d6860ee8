"""From lines of a file to columns of a table: one row an architecture, one entry a training and a fidelity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks import Column
from awnas_gym.errors import TableFileError
from awnas_gym.ingest.files import Columns
from awnas_gym.ingest.naming import FIDELITIES, SPLIT, TRIALS, Source
from awnas_gym.ingest.values import check_values, read_numbers, read_whole
from awnas_gym.metrics import SPLITS, is_metric, metric_info, split_of

MOST_NUMBERS = 2**28
"""Of one column; 2 GiB."""

SPLIT_UNITS = frozenset({"fraction", "nats", ""})
"""Units of what is measured on a split: accuracies, losses, perplexities."""


@final
class Arranged:
    """The metrics of a file.

    Args:
        columns: of the file.
        sources: which of them are metrics.
        row: of the table, for each line of the file, int `[lines]`.
        epochs: fidelity of metrics that say none.

    Attributes:
        fidelities: epochs that occur, ascending. Trainings, too, are numbered by ascending seed.
        metrics: name -> column with the axes `row`, or `row`, `trial`, `epoch`.

    Raises:
        TableFileError: a value that cannot be, or one place of the table is filled twice.
    """

    def __init__(self, columns: Columns, sources: Sequence[Source], row: NDArray[np.int64], *, epochs: int) -> None:
        self._columns, self._row = columns, row
        fidelity, trial = _first(columns, FIDELITIES), _first(columns, TRIALS)
        self._epochs = np.full(len(row), epochs) if fidelity is None else read_whole(fidelity, columns[fidelity])
        if self._epochs.min() < 1:
            raise TableFileError(f"column {fidelity}: epochs count from 1")
        self._seeds = np.zeros(len(row), dtype=np.int64) if trial is None else read_whole(trial, columns[trial])
        named = {source.trial for source in sources}
        seeds = set(self._seeds.tolist()) if trial is not None or None in named else set()
        self._trials = np.array(sorted(seeds | {each for each in named if each is not None}))
        every = {source.fidelity for source in sources} - {None}
        if fidelity is not None or any(source.fidelity is None for source in sources):
            every |= set(self._epochs.tolist())
        self.fidelities = sorted(int(each) for each in every if each is not None)
        self._split = self._splits(columns.get(SPLIT))
        self.metrics = self._fill(sources)

    def _splits(self, values: NDArray[Any] | None) -> NDArray[Any] | None:
        if values is not None:
            wrong = [(i, value) for i, value in enumerate(values.tolist()) if value not in SPLITS]
            if wrong:
                raise TableFileError(f"row {wrong[0][0]}: split {wrong[0][1]!r}; legal: {', '.join(SPLITS)}")
        return values

    def _fill(self, sources: Sequence[Source]) -> dict[str, Column]:
        size = (int(self._row.max()) + 1, len(self._trials), len(self.fidelities))
        if np.prod([float(n) for n in size]) > MOST_NUMBERS:
            raise TableFileError(
                f"{size[0]:,} architectures, {size[1]:,} trials and {size[2]:,} fidelities are too many"
            )
        filled: dict[str, NDArray[np.float64]] = {}
        for source in sources:
            numbers = read_numbers(source.column, self._columns[source.column]) / source.divisor
            for metric, lines in self._lines(source.metric):
                values = filled.setdefault(metric, np.full(size, np.nan))
                self._put(values, source, numbers, lines)
        for metric, values in filled.items():
            check_values(metric, values)
        return {metric: _column(metric, values) for metric, values in sorted(filled.items())}

    def _lines(self, metric: str) -> list[tuple[str, NDArray[np.int64]]]:
        """Return the name with its split, and the lines of the file that hold it."""
        everything = np.arange(len(self._row))
        hardware = is_metric(metric) and metric_info(metric).unit not in SPLIT_UNITS
        if self._split is None or split_of(metric) is not None or hardware:
            return [(metric, everything)]
        each = [(f"{split}_{metric}", np.flatnonzero(self._split == split)) for split in SPLITS]
        return [(name, lines) for name, lines in each if len(lines)]

    def _put(
        self, values: NDArray[np.float64], source: Source, numbers: NDArray[np.float64], lines: NDArray[np.int64]
    ) -> None:
        lines = lines[np.isfinite(numbers[lines])]
        epochs = self._epochs[lines] if source.fidelity is None else np.full(len(lines), source.fidelity)
        seeds = self._seeds[lines] if source.trial is None else np.full(len(lines), source.trial)
        place = (self._row[lines], np.searchsorted(self._trials, seeds), np.searchsorted(self.fidelities, epochs))
        flat = np.ravel_multi_index(place, values.shape)
        _, first, inverse = np.unique(flat, return_index=True, return_inverse=True)
        repeated = np.flatnonzero(numbers[lines] != numbers[lines][first][inverse.ravel()])
        if len(repeated):
            i = repeated[0]
            raise TableFileError(
                f"rows {lines[first[inverse.ravel()[i]]]} and {lines[i]}: two numbers for {source.column} of one "
                "architecture, training and fidelity"
            )
        values.ravel()[flat] = numbers[lines]


def _first(columns: Columns, names: Sequence[str]) -> str | None:
    return next((name for name in names if name in columns), None)


def _column(metric: str, values: NDArray[np.float64]) -> Column:
    """Return the metric with the fewest axes: what no training changes has one number an architecture."""
    flat = values.reshape(len(values), -1)
    if split_of(metric) is None:
        known = np.isfinite(flat)
        one = np.where(known, flat, -np.inf).max(axis=1)
        if (~known | (flat == one[:, None])).all():
            return Column(np.where(known.any(axis=1), one, np.nan), ("row",))
    return Column(values, ("row", "trial", "epoch"))
