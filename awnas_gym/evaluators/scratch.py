"""Train architectures from scratch: the measurement behind the embedded benchmark."""

from __future__ import annotations

from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray

from awnas_gym.data import DATASETS
from awnas_gym.evaluators.abstract import AbstractRecorder
from awnas_gym.spaces import AbstractSpace
from awnas_gym.supernets import NETWORKS
from awnas_gym.training.scratch import Recipe, train


@final
class ScratchRecorder(AbstractRecorder):
    """Learning curves of `trials` trainings of an architecture, all trained side by side.

    The k-th training draws its weights and its order of the data from seed k, whatever the architecture.
    Counts of correct images are stored, so nothing is rounded.

    Args:
        space: of the architectures; its settings give the network around the cell.
        dataset: a row of `DATASETS`.
        trials: seeds 0 … trials - 1.
        recipe: the arguments of `Recipe`.
        device: any torch device.
    """

    def __init__(
        self, space: AbstractSpace, *, dataset: str, trials: int = 3, recipe: dict[str, Any], device: str = "cpu"
    ) -> None:
        self.space, self.trials, self.device = space, trials, device
        self.recipe = Recipe(**recipe)
        self.splits = DATASETS.load(dataset)()
        self._network = NETWORKS.load(space.name)
        self.dims = {f"{split}_accuracy": ("trial", "epoch") for split in self.splits}
        self.denominators = {f"{split}_accuracy": len(data.labels) for split, data in self.splits.items()}

    def record(self, arch: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Train one architecture; returns counts uint16 `[trials, epochs]` a split."""
        torch.set_num_threads(1)
        network = self._network(self.space, arch, copies=self.trials)
        curves = train(network, self.splits, self.recipe, seeds=list(range(self.trials)), device=self.device)
        return {f"{split}_accuracy": getattr(curves, split).astype(np.uint16) for split in self.splits}
