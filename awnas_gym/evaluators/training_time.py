"""Measure how long one training takes on this machine."""

from __future__ import annotations

import time
from dataclasses import replace
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
class TrainingTimeRecorder(AbstractRecorder):
    """Seconds that one full training of one seed takes, validated and tested after each epoch; one thread.

    The network is as written (dead edges run).

    One epoch is trained to warm up, then `epochs` are timed and scaled to the recipe's.

    Args:
        space: of the architectures.
        dataset: a row of `DATASETS`, of images.
        recipe: the arguments of `Recipe`.
        epochs: timed epochs.
    """

    def __init__(self, space: AbstractSpace, *, dataset: str, recipe: dict[str, Any], epochs: int = 2) -> None:
        self.space, self.epochs = space, epochs
        self.recipe = Recipe(**recipe)
        self._data = SideBySide(images_of(dataset), self.recipe)
        refuse_text(type(space))
        self._network = NETWORKS.load(space.name)
        self.dims = {"train_s": ()}
        self.denominators = {}

    def record(self, arch: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Time one architecture; returns `train_s`, float32 `[]`."""
        network = self._network(self.space, arch, copies=1)
        with torch_threads(1):
            train(network, self._data, replace(self.recipe, epochs=1), seeds=[0])
            start = time.perf_counter()
            train(network, self._data, replace(self.recipe, epochs=self.epochs), seeds=[0])
            seconds = (time.perf_counter() - start) / self.epochs * self.recipe.epochs
        return {"train_s": np.array(seconds, dtype=np.float32)}
