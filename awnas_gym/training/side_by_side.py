"""A data set as several networks of one architecture read it, side by side, each in an order of its own."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import final

import numpy as np
import torch
from torch import Tensor

from awnas_gym.data import ImageFiles, Split
from awnas_gym.errors import SettingError
from awnas_gym.seeding import derive_seed
from awnas_gym.training.augment import PLAIN, Augment
from awnas_gym.training.batches import Batches
from awnas_gym.training.recipe import Recipe
from awnas_gym.training.stream import Batch

EVALUATED = 250
"""Images of a batch that is evaluated."""


@final
class SideBySide:
    """Training images in batches of `[B, copies * C, H, W]`, and the images of every split as they are.

    What is in memory and not augmented is normalised once, by the mean and the deviation of all pixels; so the embedded
    benchmark was made. Anything else is normalised by channel, as `Batches` does it.

    Args:
        splits: `train`, and further ones to evaluate on.
        recipe: gives the batch size and the augmentation.
        device: any torch device.

    Attributes:
        images: split -> how many it has.
        steps: of an epoch.

    Raises:
        SettingError: a batch is larger than the training split.
    """

    def __init__(
        self, splits: Mapping[str, Split] | Mapping[str, ImageFiles], recipe: Recipe, *, device: str = "cpu"
    ) -> None:
        train = splits["train"]
        if recipe.batch_size > len(train):
            raise SettingError(f"batch_size is at most the {len(train)} training images; got {recipe.batch_size}")
        self.images = {name: len(split) for name, split in splits.items()}
        self.batch_size, self.device = recipe.batch_size, device
        self.steps = math.ceil(len(train) / recipe.batch_size)
        augment = Augment(crop=recipe.crop, flip=recipe.flip, cutout=recipe.cutout)
        self._normalised: dict[str, tuple[Tensor, Tensor]] = {}
        self._batches: dict[str, Batches] = {}
        for name, split in splits.items():
            if augment == PLAIN and isinstance(split, Split) and isinstance(train, Split):
                self._normalised[name] = _tensors(split, train, device)
            else:
                self._batches[name] = Batches(
                    split, min(EVALUATED, len(split)), seed=0, reference=train, shuffle=False, drop_last=False,
                    device=device,
                )  # fmt: skip
        self._training: Batches | None = None
        if self._batches:
            self._training = Batches(train, recipe.batch_size, seed=0, augment=augment, drop_last=False, device=device)

    def training(self, seeds: list[int]) -> Iterator[Iterator[Batch]]:
        """Yield epochs without end, each as batches.

        Args:
            seeds: one a copy: its order and augmentation.

        Yields:
            Images float32 `[B, copies * C, H, W]` and labels int64 `[copies, B]`, one pair a batch.
        """
        if self._training is None:
            yield from self._plain(seeds)
            return
        loaders = [self._training.reseeded(derive_seed(seed, "order")) for seed in seeds]
        for number in itertools.count():
            batches = zip(*(loader.epoch(number) for loader in loaders), strict=True)
            yield (
                (torch.cat([images for images, _ in batch], dim=1), torch.stack([labels for _, labels in batch]))
                for batch in batches
            )

    def _plain(self, seeds: list[int]) -> Iterator[Iterator[Batch]]:
        images, labels = self._normalised["train"]
        orders = [np.random.default_rng(derive_seed(seed, "order")) for seed in seeds]
        while True:
            order = torch.from_numpy(np.stack([rng.permutation(len(images)) for rng in orders])).to(self.device)
            yield (
                (images[chosen].transpose(0, 1).flatten(1, 2), labels[chosen])
                for chosen in torch.split(order, self.batch_size, dim=1)  # [copies, B]
            )

    def evaluation(self, split: str) -> Iterator[Batch]:
        """Yield a split once: images float32 `[B, C, H, W]` and labels int64 `[B]`, one pair a batch."""
        if split in self._batches:
            return self._batches[split].epoch(0)
        images, labels = self._normalised[split]
        return zip(torch.split(images, EVALUATED), torch.split(labels, EVALUATED), strict=True)


def _tensors(split: Split, reference: Split, device: str) -> tuple[Tensor, Tensor]:
    """Return images float32 `[n, C, H, W]`, normalised by the training images' mean and deviation, and labels."""
    mean, deviation = reference.images.mean(), reference.images.std()
    images = (split.images.astype(np.float32) - mean) / deviation
    return torch.from_numpy(images.astype(np.float32)).to(device), torch.from_numpy(split.labels).to(device)
