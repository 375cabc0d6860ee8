"""A split as batches: all images on the device as bytes, augmented and normalised there, many at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import final

import numpy as np
import torch
from torch import Tensor

from awnas_gym.data import ImageFiles, Split
from awnas_gym.errors import SettingError
from awnas_gym.seeding import derive_seed, generator
from awnas_gym.training.augment import PLAIN, Augment
from awnas_gym.training.normalise import Normalise
from awnas_gym.training.stream import Batch


@final
class Batches:
    """Batches of a split. Their order and augmentation depend on the seed and the number of the epoch alone.

    Images in memory are held as a tensor of bytes on the device; of image files a thread decodes one batch ahead.

    Args:
        split: where the images are from.
        batch_size: images in each batch.
        seed: of order and augmentation.
        reference: the split whose mean and deviation by channel images are normalised with; None for this one.
        augment: random changes.
        shuffle: whether an epoch has an order of its own.
        drop_last: whether the images that fill no batch are left out of an epoch, or are its last, smaller batch.
        device: any of torch.

    Attributes:
        normalise: what takes the bytes of all images to what a network reads.

    Raises:
        SettingError: there are fewer images than a batch holds, or the augmentation needs image files or larger images.
    """

    def __init__(
        self,
        split: Split | ImageFiles,
        batch_size: int,
        *,
        seed: int,
        reference: Split | ImageFiles | None = None,
        augment: Augment = PLAIN,
        shuffle: bool = True,
        drop_last: bool = True,
        device: str = "cpu",
    ) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or not 1 <= batch_size <= len(split):
            raise SettingError(f"batch_size is 1 … {len(split)}, the images of the split; got {batch_size!r}")
        if isinstance(split, Split) and augment.area is not None:
            raise SettingError("area is for image files that are decoded while they are used; this split has crop")
        side = min(split.shape[1:])
        if augment.crop >= side or augment.cutout > side:
            raise SettingError(
                f"crop and cutout are pixels of images that have {side}x{side}: crop is less, cutout not more; got "
                f"{augment.crop} and {augment.cutout}"
            )
        self._hold(split, device)
        self.normalise = Normalise(split if reference is None else reference, device=device)
        self.batch_size, self.augment, self.shuffle, self.drop_last = batch_size, augment, shuffle, drop_last
        self._seed = seed

    def whole(self, split: Split | ImageFiles | None = None) -> Batches:
        """Return all images of this split or of another, each once an epoch; normalised as here, not augmented.

        They come shuffled by the seed: batches of one label each, as files in folders would give them, have other
        statistics than training had.
        """
        found = copy.copy(self)
        found.augment, found.shuffle, found.drop_last = PLAIN, True, False
        if split is not None:
            found._hold(split, self._labels.device)  # noqa: SLF001 - a copy of itself
        return found

    def _hold(self, split: Split | ImageFiles, device: str | torch.device) -> None:
        self._source: Tensor | ImageFiles = split if isinstance(split, ImageFiles) else _on_device(split, device)
        self._labels = torch.tensor(split.labels, device=device)

    def __len__(self) -> int:
        """Return the batches of an epoch."""
        whole, left = divmod(len(self._labels), self.batch_size)
        return whole + (left > 0 and not self.drop_last)

    def reseeded(self, seed: int) -> Batches:
        """Return the same images, held once, in batches of another seed."""
        other = copy.copy(self)
        other._seed = seed  # noqa: SLF001 - of its own class
        return other

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Return the batches of an epoch, from batch `start` on; what a batch holds does not depend on it.

        Returns:
            Images float32 `[B, C, H, W]`, in torch's `channels_last` layout, and labels int64 `[B]`, one pair a batch.
        """
        batches = self._batches(number, start)
        return batches if isinstance(self._source, Tensor) else _read_ahead(batches)

    def _batches(self, number: int, start: int) -> Iterator[Batch]:
        n, size = len(self._labels), self.batch_size
        order = generator(self._seed, "epoch", number).permutation(n) if self.shuffle else np.arange(n)
        for batch in range(start, len(self)):
            chosen = order[batch * size : (batch + 1) * size]
            index = torch.from_numpy(chosen).to(self._labels.device)
            draws = torch.Generator().manual_seed(derive_seed(self._seed, "batch", number, batch))
            if isinstance(self._source, Tensor):
                pixels = self._source[index].permute(0, 3, 1, 2)
            else:
                read = self._source.read(chosen, self.augment.windows(len(chosen), draws))
                pixels = torch.from_numpy(read).to(index.device)
            yield self.augment(pixels, self.normalise, draws), self._labels[index]


def _on_device(split: Split, device: str | torch.device) -> Tensor:
    """Return images as bytes `[n, H, W, C]`: a batch is then a copy of whole stretches of memory."""
    return torch.tensor(split.images.transpose(0, 2, 3, 1), device=device).contiguous()


def _read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Yield the same batches, each made by a thread while the one before is in use."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch
