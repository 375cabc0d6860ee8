"""Train architectures from scratch: the measurement behind the embedded benchmark."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.data import images_of
from awnas_gym.evaluators.abstract import AbstractRecorder
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.reading import refuse_text
from awnas_gym.supernets import NETWORKS
from awnas_gym.training.recipe import Recipe
from awnas_gym.training.scratch import train
from awnas_gym.training.side_by_side import SideBySide
from awnas_gym.training.threads import torch_threads


@final
class ScratchRecorder(AbstractRecorder):
    """Learning curves of `trials` trainings of an architecture, all trained side by side.

    The k-th training draws its weights and its order of the data from seed k, whatever the architecture.
    Counts of correct images are stored, so nothing is rounded.

    Args:
        space: of the architectures; its settings give the network around the cell.
        dataset: a row of `DATASETS`, of images.
        trials: seeds 0 … trials - 1.
        recipe: the arguments of `Recipe`.
        device: any torch device.
    """

    def __init__(
        self, space: AbstractSpace, *, dataset: str, trials: int = 3, recipe: dict[str, Any], device: str = "cpu"
    ) -> None:
        self.space, self.trials = space, trials
        self.recipe = Recipe(**recipe)
        self._data = SideBySide(images_of(dataset), self.recipe, device=device)
        refuse_text(type(space))
        self._network = NETWORKS.load(space.name)
        self.dims = {f"{split}_accuracy": ("trial", "epoch") for split in self._data.images}
        self.denominators = {f"{split}_accuracy": images for split, images in self._data.images.items()}

    def record(self, arch: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Train one architecture; returns counts uint16 `[trials, epochs]` a split."""
        network = self._network(self.space, arch, copies=self.trials)
        with torch_threads(1):
            curves = train(network, self._data, self.recipe, seeds=list(range(self.trials)))
        return {f"{split}_accuracy": hits.astype(np.uint16) for split, hits in curves.correct.items()}
