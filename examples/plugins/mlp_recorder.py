"""Recorder `mlp_curves`: learning curves of perceptrons, for `awnas tabulate`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.evaluators import EVALUATORS, AbstractRecorder
from awnas_gym.spaces import AbstractSpace
from awnas_gym.tables import Row

ROWS = {"recorder": {"mlp_curves": Row(f"{__name__}:MLPCurves", "learning curves of perceptrons, in NumPy")}}


class MLPCurves(AbstractRecorder):
    """Accuracies after each epoch of three trainings.

    Args:
        space: of the architectures.
        dataset: a row of `DATASETS`.
    """

    def __init__(self, space: AbstractSpace, *, dataset: str = "stripes") -> None:
        self._evaluator = EVALUATORS.load("mlp_training")(space, dataset=dataset)
        self.dims = {f"{split}_accuracy": ("trial", "epoch") for split in self._evaluator.splits}
        self.denominators: dict[str, int] = {}

    def record(self, arch: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Train one architecture; returns fractions float32 `[trials, epochs]` a split."""
        curves = self._evaluator.curves(arch)
        return {f"{split}_accuracy": values.astype(np.float32) for split, values in curves.items()}
