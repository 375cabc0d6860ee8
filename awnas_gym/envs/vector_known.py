"""What is known of architectures: names and judgements, each worked out once, gathered for a batch."""

from __future__ import annotations

import math
from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.envs.judge import Judge, Judgements
from awnas_gym.evaluators.abstract import Trial
from awnas_gym.spaces import Archs

LARGEST_ARRAY = 2**18
"""Spaces with up to that many decision tuples keep what is known of them in arrays."""

REWARD, MISSING, COST_S, VIOLATION, FIRST_METRIC = range(5)
"""Columns of judged values."""


def columns_of(judged: Judgements) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the names of metrics, and float64 `[batch, 4 + metrics]`, `REWARD` and the like; nan: unknown."""
    cost_s = np.full(len(judged.rewards), np.nan) if judged.cost_s is None else judged.cost_s
    violations = np.full(len(judged.rewards), np.nan) if judged.violations is None else judged.violations
    columns = [judged.rewards, judged.missing, cost_s, violations, *judged.metrics.values()]
    return tuple(judged.metrics), np.stack(columns, axis=1, dtype=np.float64, casting="unsafe")


@final
class Known:
    """Names and judgements of architectures.

    Agents come back to the same ones: names are kept, in a small space also judgements of an evaluator whose numbers
    have a version and so do not change. Then a step costs a gather of rows.
    """

    def __init__(self, judge: Judge) -> None:
        self.judge, self.space = judge, judge.evaluator.space
        cardinalities = self.space.cardinalities
        size = math.prod(cardinalities)
        self._digits: NDArray[np.int64] | None = None
        if size <= LARGEST_ARRAY:
            self._digits = np.append(np.cumprod(cardinalities[:0:-1], dtype=np.int64)[::-1], 1)
            self._names = np.empty((size, 2), dtype=object)
            self._is_named = np.zeros(size, dtype=np.bool_)
            self._last = np.empty(size, dtype=object)
            self._has_last = np.zeros(size, dtype=np.bool_)
        self._genotypes: dict[bytes, str] = {}
        self._judged: dict[tuple[int, Trial], tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.bool_]]] = {}

    def index(self, archs: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Return where legal architectures, int64 `[batch, decisions]`, are kept; None in a large space."""
        return None if self._digits is None else archs @ self._digits

    def names(self, archs: NDArray[np.int64], index: NDArray[np.int64] | None) -> NDArray[np.object_]:
        """Return genotype and key of each architecture, object `[batch, 2]`."""
        if index is None:
            return self._pairs(archs)
        if len(new := _new(index, self._is_named)):
            self._names[index[new]] = self._pairs(archs[new])
            self._is_named[index[new]] = True
        found: NDArray[np.object_] = self._names.take(index, axis=0)
        return found

    def last(self, observations: NDArray[np.int64], index: NDArray[np.int64] | None) -> NDArray[np.object_]:
        """Return the last observations of episodes, object `[batch]` of read-only rows.

        An architecture has but one, and a thousand new arrays take longer than all else in a step: rows are kept too.
        """
        if index is None:
            observations.flags.writeable = False
            return np.fromiter(observations, dtype=object, count=len(observations))
        for i in _new(index, self._has_last).tolist():
            row = observations[i].copy()
            row.flags.writeable = False
            self._last[index[i]] = row
            self._has_last[index[i]] = True
        found: NDArray[np.object_] = self._last.take(index)
        return found

    def judgements(
        self, archs: NDArray[np.int64], index: NDArray[np.int64] | None, fidelity: int, trial: Trial
    ) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Return what `columns_of` does; `trial` is not `"random"`."""
        if index is None or not self.judge.evaluator.version:
            return columns_of(self._judge(archs, fidelity, trial))
        if (fidelity, trial) not in self._judged:
            metrics, values = columns_of(self._judge(archs[:1], fidelity, trial))
            table = np.empty((len(self._names), values.shape[1])), np.zeros(len(self._names), dtype=np.bool_)
            self._judged[fidelity, trial] = (metrics, *table)
        metrics, values, is_judged = self._judged[fidelity, trial]
        if len(new := _new(index, is_judged)):
            _, values[index[new]] = columns_of(self._judge(archs[new], fidelity, trial))
            is_judged[index[new]] = True
        return metrics, values.take(index, axis=0)

    def _judge(self, archs: NDArray[np.int64], fidelity: int, trial: Trial) -> Judgements:
        rows, unused = archs.astype(self.space.dtype), np.random.default_rng(0)
        return self.judge.batch(rows, fidelity=fidelity, trial=trial, rng=unused)

    def _pairs(self, archs: NDArray[np.int64]) -> NDArray[np.object_]:
        """Return genotypes and keys, those of a class's representative, object `[batch, 2]`."""
        rows = archs.astype(self.space.dtype)
        pairs = np.empty((len(rows), 2), dtype=object)
        pairs[:, 0] = [self._genotype(row) for row in rows]
        pairs[:, 1] = [self._genotype(row) for row in self.space.canonical(rows)]
        return pairs

    def _genotype(self, row: Archs) -> str:
        """Return a genotype; equal ones are one object, which spares the processor's cache."""
        name = row.tobytes()
        if name not in self._genotypes:
            self._genotypes[name] = self.space.genotype(row)
        return self._genotypes[name]


def _new(index: NDArray[np.int64], is_known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return places in `index` of numbers that are not known, each once."""
    known = is_known.take(index)
    if np.count_nonzero(known) == len(known):
        return np.zeros(0, dtype=np.int64)
    places = np.flatnonzero(~known)
    return places[np.unique(index[places], return_index=True)[1]]
