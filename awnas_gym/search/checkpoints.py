"""Weights and agent of a run, saved as it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, final

from awnas_gym.agents.keeper import save_agent
from awnas_gym.evaluators.abstract import AbstractEvaluator, TrainableEvaluator
from awnas_gym.evaluators.keeper import WeightKeeper
from awnas_gym.ranks import Ranks

CHECKPOINT_EVERY = 20
"""Evaluations between two checkpoints."""


@final
class Checkpoints:
    """Weights and agent of a run, saved at the same moments; without a folder nothing is saved.

    In the middle of a run the agent is saved as it was when it asked for the last architecture: its reward comes later.
    """

    def __init__(self, folder: Path | None, evaluator: AbstractEvaluator, every: int, ranks: Ranks) -> None:
        self.agent: Any = None
        self.weights: WeightKeeper | None = None
        if folder is not None and isinstance(evaluator, TrainableEvaluator):
            self.weights = WeightKeeper(folder, evaluator, every=every)
        self._folder = folder if ranks.rank == 0 else None

    def after(self, evaluations: int) -> None:
        """Save if it is time; called when so many evaluations were recorded or replayed."""
        if self.weights is not None and self.weights.after(evaluations):
            self._save_agent(evaluations)

    def save(self, evaluations: int) -> None:
        """Save at the end, after so many evaluations."""
        if self.weights is not None:
            self.weights.save(evaluations)
        self._save_agent(evaluations)

    def _save_agent(self, evaluations: int) -> None:
        if self._folder is not None and self.agent is not None:  # None while it is built, if it plays then
            save_agent(self._folder, self.agent, evaluations)
