"""Look the architectures of one space up in a table over another that holds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.evaluators.abstract import AbstractEvaluator, Trial
from awnas_gym.evaluators.joined import JoinedEvaluator
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.metrics import Metrics
from awnas_gym.spaces import AbstractSpace, Archs

_OF_THE_WHOLE = frozenset({"classes", "counts", "coverage", "multi_objective", "reference"})
"""What a table's card says of all its architectures."""


@final
class SubspaceEvaluator(AbstractEvaluator):
    """Answers as another evaluator does for what an architecture is in its space.

    Args:
        recorded: answers.
        space: of the architectures that are asked for, at most `MOST_ENUMERATED`.
        translate: makes architectures of the space of `recorded` of them, `[batch, decisions]` to `[batch, decisions]`.
    """

    def __init__(
        self,
        recorded: TableEvaluator | JoinedEvaluator,
        space: AbstractSpace,
        translate: Callable[[ArrayLike], Archs],
    ) -> None:
        self._recorded, self._translate = recorded, translate
        self.space = space
        self.yields, self.fidelities, self.trials = recorded.yields, recorded.fidelities, recorded.trials
        self.card = {key: value for key, value in recorded.card.items() if key not in _OF_THE_WHOLE}
        self.version = recorded.version

    def evaluate(
        self,
        archs: ArrayLike,
        *,
        fidelity: int | None = None,
        trial: Trial = "mean",
        rng: np.random.Generator,
        metrics: frozenset[str] | None = None,
    ) -> Metrics:
        """Return `metrics` (default: all) of `archs`, int `[batch, decisions]`."""
        return self._recorded.evaluate(self._translate(archs), fidelity=fidelity, trial=trial, rng=rng, metrics=metrics)

    def holds(self, name: str, fidelity: int, trial: Trial) -> bool:
        """Tell whether the table has a metric of anything at a fidelity and a trial, which is not `"random"`."""
        return self._recorded.holds(name, fidelity, trial)
