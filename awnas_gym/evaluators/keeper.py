"""Checkpoints of trained weights along a run, and the way back to the last one."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import final

from awnas_gym.checks import check_whole
from awnas_gym.errors import CheckpointError, RunFolderError
from awnas_gym.evaluators.abstract import TrainableEvaluator
from awnas_gym.files import keep_last, numbered

_LOG = logging.getLogger(__name__)


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
        check_whole("checkpoint_every", every, low=1)
        self._folder, self._evaluator, self._every = folder / "weights", evaluator, every
        self._resumed = 0

    def resumable(self, recorded: int) -> int:
        """Return how many of so many recorded evaluations can be gone on from: those up to a good checkpoint.

        Before the first checkpoint that is none.

        Raises:
            RunFolderError: there are checkpoints, and none of them can be read.
        """
        self._resumed, reason = 0, ""
        for n in reversed(self._numbers()):
            if n > recorded:
                continue
            try:
                self._evaluator.load(self._folder / f"{n:06d}")
            except CheckpointError as error:
                _LOG.warning("%s", error)
                reason = reason or str(error)
            else:
                self._resumed = n
                return n
        if reason:
            raise RunFolderError(
                f"{self._folder} holds no checkpoint that can be read ({reason}); delete that folder to begin anew"
            )
        return 0

    def load_last(self) -> int:
        """Load the last checkpoint that is good; return after how many evaluations it was saved.

        Raises:
            RunFolderError: there is none that can be read.
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
        """Write a checkpoint; the last two stay."""
        self._evaluator.save(self._folder / f"{evaluations:06d}")
        if self._evaluator.ranks.rank == 0:
            keep_last(self._folder)

    def _numbers(self) -> list[int]:
        return [int(path.name) for path in numbered(self._folder)]
