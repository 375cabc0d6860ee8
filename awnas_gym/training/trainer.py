"""What a worker does for a search that trains from scratch: one architecture after the other."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from awnas_gym.data import images_of
from awnas_gym.data.parts import AnySplit
from awnas_gym.data.searching import share_out
from awnas_gym.errors import TrainingError
from awnas_gym.seeding import derive_seed
from awnas_gym.spaces import SPACES, AbstractSpace
from awnas_gym.supernets import NETWORKS
from awnas_gym.training.devices import usable_device
from awnas_gym.training.memory import out_of_memory_says
from awnas_gym.training.recipe import Recipe
from awnas_gym.training.scratch import LearningCurves, train
from awnas_gym.training.side_by_side import SideBySide
from awnas_gym.training.threads import torch_threads

Job = tuple[tuple[int, ...], int]
"""An architecture, and the epochs after which its trainings end."""


@final
class Trainer:
    """Trains architectures of a space from scratch; what is computed depends on the architecture and the seeds alone.

    It travels to other processes as plain values; space, network and data are looked up by name where it is used.

    Args:
        space: a name from `NETWORKS`.
        settings: of the space.
        dataset: a name from `DATASETS`, of images.
        valid_fraction: share of the training images that become `valid`, of each label alike, where the data set has
            none.
        recipe: how networks are trained.
        seeds: one a training of an architecture.
        device: any torch device.
    """

    def __init__(
        self, *, space: str, settings: Mapping[str, Any], dataset: str, valid_fraction: float, recipe: Recipe,
        seeds: tuple[int, ...], device: str = "cpu",
    ) -> None:  # fmt: skip
        self._given: dict[str, Any] = {
            "space": space, "settings": dict(settings), "dataset": dataset, "valid_fraction": valid_fraction,
            "recipe": recipe, "seeds": seeds, "device": device,
        }  # fmt: skip
        self.recipe, self.seeds = recipe, seeds

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as plain values, without what was looked up."""
        return functools.partial(Trainer, **self._given), ()

    @functools.cached_property
    def space(self) -> AbstractSpace:
        """The search space."""
        space: AbstractSpace = SPACES.load(self._given["space"])(**self._given["settings"])
        return space

    @functools.cached_property
    def data(self) -> SideBySide:
        """The data set, on the device.

        Raises:
            SettingError: there is no such device, or the data set is too small.
            MissingDataError: its files are not there.
        """
        splits: Mapping[str, Any] = images_of(self._given["dataset"])
        device = self._given["device"]
        usable_device(device)
        return SideBySide(with_valid(splits, self._given["valid_fraction"]), self.recipe, device=device)

    def __call__(self, job: Job) -> LearningCurves:
        """Train an architecture with each seed; on one thread of the CPU.

        Raises:
            TrainingError: a loss is no number, or there is too little memory; the message names the architecture.
        """
        arch, epochs = np.array(job[0], dtype=self.space.dtype), job[1]
        try:
            with torch_threads(1), out_of_memory_says("lower batch_size, channels or trials"):
                return self._train(arch, epochs)
        except TrainingError as error:
            raise TrainingError(f"{self.space.genotype(arch)}: {error}") from error

    def _train(self, arch: NDArray[Any], epochs: int) -> LearningCurves:
        """Train all copies side by side where the network can be several, else one after the other."""
        make = NETWORKS.load(self.space.name)
        seeds = list(self.seeds)
        if "copies" in inspect.signature(make).parameters:
            network = self._build(make, arch, seeds[0], copies=len(seeds))
            return train(network, self.data, self.recipe, seeds=seeds, epochs=epochs, strict=True)
        each = [
            train(self._build(make, arch, seed), self.data, self.recipe, seeds=[seed], epochs=epochs, strict=True)
            for seed in seeds
        ]
        return LearningCurves(
            {name: np.concatenate([curves.correct[name] for curves in each]) for name in self.data.images},
            {name: np.concatenate([curves.loss[name] for curves in each]) for name in self.data.images},
            np.sum([curves.seconds for curves in each], axis=0),
        )

    def _build(self, make: Any, arch: NDArray[Any], seed: int, **keywords: int) -> nn.Module:  # noqa: ANN401 - a class
        """Build a network; what `initialise` does not draw is drawn of the seed too, and torch's generator is left."""
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(derive_seed(seed, "network"))
            network: nn.Module = make(self.space, arch, **keywords)
        return network


def with_valid(splits: Mapping[str, AnySplit], fraction: float) -> Mapping[str, AnySplit]:
    """Return the splits, with a `valid` taken from `train` where there is none; every run takes the same images.

    Raises:
        SettingError: the fraction is not between 0 and 1, or leaves a split empty.
    """
    if "valid" in splits:
        return splits
    return {**splits, **share_out(splits["train"], fraction)}
