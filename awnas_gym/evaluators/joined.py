"""Add metrics of further tables to those of one: accuracy from here, latency from there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.errors import SettingError
from awnas_gym.evaluators.abstract import AbstractEvaluator, Trial
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.metrics import Metrics
from awnas_gym.spaces import Archs


@final
class JoinedEvaluator(AbstractEvaluator):
    """Answers as the evaluator of a table does, and adds what further tables over the same space say.

    Added are metrics without trials and epochs. Such a metric is that of an architecture as it is written, for cells
    that compute the same function differ in latency: who is not in a further table has none of its metrics, whatever
    its class has there. `card["columns"]` says which table each of them is from.

    Args:
        table: has the trials, the epochs, the costs and the population.
        more: evaluators of the further tables, at least one.

    Raises:
        SettingError: a further table is over another space, has nothing to add, or adds a metric that is there already.
    """

    def __init__(self, table: TableEvaluator, more: Sequence[TableEvaluator]) -> None:
        self._table, self._more = table, tuple(more)
        self.space, self.fidelities, self.trials = table.space, table.fidelities, table.trials
        self._owner: dict[str, TableEvaluator] = {}
        for other in self._more:
            self._check_space(other)
            for name in self._names(other):
                self._owner[name] = other
        self.yields = table.yields | self._owner.keys()
        self.card = {**table.card, "columns": {name: _name(other) for name, other in sorted(self._owner.items())}}
        self.version = "+".join(each.version for each in (table, *self._more))

    def _check_space(self, other: TableEvaluator) -> None:
        mine, theirs = ({"name": each.space.name, **each.space.settings} for each in (self._table, other))
        different = [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
        if different:
            raise SettingError(
                f"{_name(other)} is of other networks than {_name(self._table)}: "
                + ", ".join(f"{name} {theirs.get(name)!r} instead of {mine.get(name)!r}" for name in different)
            )

    def _names(self, other: TableEvaluator) -> list[str]:
        """Return what a further table adds."""
        names = sorted(other.by_architecture)
        if not names:
            raise SettingError(f"{_name(other)} has nothing to add: each of its metrics has trials and epochs")
        for name in names:
            if name in self._owner or name in self._table.yields:
                first = self._owner.get(name, self._table)
                raise SettingError(
                    f"{name} is in {_name(first)} and in {_name(other)}; each metric comes from one table"
                )
        return names

    def evaluate(
        self,
        archs: ArrayLike,
        *,
        fidelity: int | None = None,
        trial: Trial = "mean",
        rng: np.random.Generator,
        metrics: frozenset[str] | None = None,
    ) -> Metrics:
        """Return `metrics` (default: all) of `archs`, int `[batch, decisions]`; the added ones at any trial."""
        wanted = self.yields if metrics is None else metrics
        found = self._table.evaluate(
            archs, fidelity=fidelity, trial=trial, rng=rng, metrics=wanted - self._owner.keys()
        )
        for other in self._more:
            names = sorted(wanted & other.by_architecture)
            places = other.own_places(archs) if names else None
            found |= {name: other.vector(name, other.fidelities[-1], "mean")[places] for name in names}
        return found

    @property
    def listable(self) -> bool:
        """A table lists what it holds."""
        return True

    def population(self) -> Archs:
        """Return the architectures of the first table, int `[n, decisions]`."""
        return self._table.population()

    def holds(self, name: str, fidelity: int, trial: Trial) -> bool:
        """Tell whether any architecture has a metric at a fidelity and a trial, which is not `"random"`."""
        other = self._owner.get(name)
        if other is None:
            return self._table.holds(name, fidelity, trial)
        return other.holds(name, other.fidelities[-1], "mean")

    def coverage(self) -> float | None:
        """Return what `TableEvaluator.coverage` says of the first table."""
        return self._table.coverage()


def _name(evaluator: TableEvaluator) -> str:
    return evaluator.table.path.stem
