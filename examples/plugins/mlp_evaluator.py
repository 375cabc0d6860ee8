"""Evaluator `mlp_training`: trains a perceptron on a data set, a fraction of a second each."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.data import DATASETS
from awnas_gym.evaluators import AbstractEvaluator, Trial
from awnas_gym.metrics import Metrics
from awnas_gym.plugin_folder._perceptron import learning_curves
from awnas_gym.spaces import AbstractSpace, total_params
from awnas_gym.tables import Row

ROWS = {"evaluator": {"mlp_training": Row(f"{__name__}:MLPTraining", "train perceptrons from scratch, in NumPy")}}


class MLPTraining(AbstractEvaluator):
    """Accuracies on every split after each of 10 epochs, three trainings each, and the parameters.

    Args:
        space: its `layers` say what is trained.
        dataset: a row of `DATASETS`.
    """

    fidelities, trials = tuple(range(1, 11)), 3

    def __init__(self, space: AbstractSpace, *, dataset: str = "stripes") -> None:
        self.space = space
        self.splits = DATASETS.load(dataset)()
        self.yields = frozenset({"params", *(f"{split}_accuracy" for split in self.splits)})
        self.card: dict[str, Any] = {"title": f"perceptrons on {dataset}, {self.trials} trainings"}
        self.version = f"{dataset} 1"  # the same numbers whenever they are asked for
        self._trained = functools.cache(self._train)

    def curves(self, arch: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
        """Return the accuracy on each split, float64 `[trials, epochs]`."""
        return self._trained(tuple(arch.tolist()))

    def _train(self, arch: tuple[int, ...]) -> dict[str, NDArray[np.float64]]:
        layers, epochs = self.space.layers(arch), self.fidelities[-1]
        each = [learning_curves(layers, self.splits, epochs=epochs, seed=k) for k in range(self.trials)]
        return {split: np.stack([curves[split] for curves in each]) for split in self.splits}

    def evaluate(
        self, archs: ArrayLike, *, fidelity: int | None = None, trial: Trial = "mean", rng: np.random.Generator
    ) -> Metrics:
        """Return the metrics of `archs`, float64 `[batch]` each."""
        epoch, trial = self.check_fidelity(fidelity) - 1, self.check_trial(trial)
        rows = self.space.check(archs)
        curves = [self.curves(arch) for arch in rows]
        weights = np.full((len(rows), self.trials), 1 / self.trials)  # of each training in the answer
        if trial != "mean":
            drawn = rng.integers(self.trials, size=len(rows)) if trial == "random" else trial
            weights = np.eye(self.trials)[np.broadcast_to(drawn, len(rows))]
        found = {"params": np.array([float(total_params(self.space.layers(arch))) for arch in rows])}
        for split in self.splits:
            found[f"{split}_accuracy"] = (np.stack([each[split][:, epoch] for each in curves]) * weights).sum(axis=1)
        return found
