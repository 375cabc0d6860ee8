"""Checkpoints of trained weights along a run, and the way back to the last one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import final

from awnas_gym.errors import CheckpointError, RunFolderError, SettingError
from awnas_gym.evaluators.abstract import TrainableEvaluator

KEPT = 2
"""Checkpoints that stay: should the last one be damaged, there is one before it."""


@final
class WeightKeeper:
    """Saves an evaluator's weights every some evaluations, and loads them when a run is resumed.

    A run is resumed by replay: the agent asks again for what the history holds. Weights are not trained again for it:
    when the last evaluation before a checkpoint was answered, the checkpoint is loaded. The history is cut there.

    Args:
        folder: of the run; checkpoints are in `weights/<evaluations>`.
        evaluator: whose weights are kept.
        every: evaluations between two checkpoints.

    Raises:
        SettingError: `every` is no whole number from 1.
    """

    def __init__(self, folder: Path, evaluator: TrainableEvaluator, *, every: int) -> None:
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise SettingError(f"checkpoint_every is a whole number from 1; got {every!r}")
        self._folder, self._evaluator, self._every = folder / "weights", evaluator, every
        self._resumed = 0

    def resumable(self, recorded: int) -> int:
        """Return how many of so many recorded evaluations can be gone on from: those up to a good checkpoint."""
        self._resumed = next((n for n in reversed(self._numbers()) if n <= recorded and self._loads(n)), 0)
        return self._resumed

    def load_last(self) -> int:
        """Load the last checkpoint that is good; return after how many evaluations it was saved.

        Raises:
            RunFolderError: there is none.
        """
        numbers = self._numbers()
        found = self.resumable(numbers[-1]) if numbers else 0
        if not found:
            raise RunFolderError(f"{self._folder} holds no checkpoint that can be read; awnas search writes them there")
        return found

    def after(self, evaluations: int) -> bool:
        """Save, or load, if it is time; called when so many evaluations were recorded or replayed.

        Returns:
            Whether it saved.
        """
        if evaluations == self._resumed:
            self._evaluator.load(self._folder / f"{evaluations:06d}")
        elif evaluations > self._resumed and evaluations % self._every == 0:
            self.save(evaluations)
            return True
        return False

    def save(self, evaluations: int) -> None:
        """Write a checkpoint and remove those before the last `KEPT`."""
        self._evaluator.save(self._folder / f"{evaluations:06d}")
        if self._evaluator.ranks.rank > 0:
            return
        for n in self._numbers()[:-KEPT]:
            shutil.rmtree(self._folder / f"{n:06d}", ignore_errors=True)

    def _numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self._folder.glob("[0-9]*") if path.name.isdigit())

    def _loads(self, n: int) -> bool:
        try:
            self._evaluator.load(self._folder / f"{n:06d}")
        except CheckpointError:
            return False
        return True
