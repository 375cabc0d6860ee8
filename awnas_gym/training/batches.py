"""A split as batches: all images on the device, augmented there, many at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awnas_gym.data import Split
from awnas_gym.errors import SettingError
from awnas_gym.seeding import generator
from awnas_gym.training.stream import Batch


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Augment:
    """Random changes to training images, each image its own.

    Attributes:
        crop: pixels of zeros around an image, of which a window of its size is cut [He et al., CVPR 2016].
        flip: whether half of the images are mirrored, left to right.
        cutout: side of a square of zeros around a random pixel [DeVries & Taylor 2017]; 0 for none.
    """

    crop: int = 0
    flip: bool = False
    cutout: int = 0

    def __post_init__(self) -> None:
        """Refuse negative sizes."""
        if self.crop < 0 or self.cutout < 0:
            raise SettingError(f"crop and cutout are pixels, 0 or more; got {self.crop} and {self.cutout}")

    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        """Return changed images, `[B, C, H, W]`, normalised ones; the draws are the same on every device."""
        n, _, height, width = images.shape
        rows = np.broadcast_to(np.arange(height), (n, height))
        columns = np.broadcast_to(np.arange(width), (n, width))
        if self.crop:
            images = torch.nn.functional.pad(images, (self.crop,) * 4)
            rows = rows + rng.integers(2 * self.crop + 1, size=(n, 1))
            columns = columns + rng.integers(2 * self.crop + 1, size=(n, 1))
        if self.flip:
            columns = np.where(rng.random((n, 1)) < 0.5, columns[:, ::-1], columns)
        if self.crop or self.flip:
            picked = torch.arange(n, device=images.device)[:, None, None]
            at = [torch.from_numpy(np.ascontiguousarray(index)).to(images.device) for index in (rows, columns)]
            images = images.permute(0, 2, 3, 1)[picked, at[0][:, :, None], at[1][:, None, :]].permute(0, 3, 1, 2)
        if self.cutout:
            centres = rng.integers([[height], [width]], size=(2, n)) - self.cutout // 2
            inside = [
                (np.arange(size) >= start[:, None]) & (np.arange(size) < start[:, None] + self.cutout)
                for size, start in zip((height, width), centres, strict=True)
            ]
            hole = torch.from_numpy(inside[0][:, None, :, None] & inside[1][:, None, None, :]).to(images.device)
            images = images.masked_fill(hole, 0)
        return images


PLAIN = Augment()


@final
class Batches:
    """Batches of a split. Their order and augmentation depend on the seed and the number of the epoch alone.

    Args:
        split: is held as a tensor on the device.
        batch_size: images in each batch; those left over at the end of an epoch are not given out in it.
        seed: of order and augmentation.
        reference: the split whose mean and deviation by channel images are normalised with; None for this one.
        augment: random changes.
        shuffle: whether an epoch has an order of its own.
        device: any of torch.

    Raises:
        SettingError: there are fewer images than a batch holds, or labels and images do not fit.
    """

    def __init__(
        self,
        split: Split,
        batch_size: int,
        *,
        seed: int,
        reference: Split | None = None,
        augment: Augment = PLAIN,
        shuffle: bool = True,
        device: str = "cpu",
    ) -> None:
        images, labels = split.images, split.labels
        if images.ndim != 4 or labels.shape != images.shape[:1]:
            raise SettingError(f"images [n, C, H, W] and labels [n] are wanted; got {images.shape} and {labels.shape}")
        if len(labels) and labels.min() < 0:
            raise SettingError(f"labels are 0 or more; got {labels.min()}")
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or not 1 <= batch_size <= len(images):
            raise SettingError(f"batch_size is 1 … {len(images)}, the images of the split; got {batch_size!r}")
        mean, deviation = moments(split if reference is None else reference)
        normalised = (images.astype(np.float32) - mean) / deviation
        layout = {"device": device, "memory_format": torch.channels_last}
        self._images = torch.from_numpy(normalised.astype(np.float32)).to(**layout)  # type: ignore[call-overload]
        self._labels = torch.from_numpy(labels.astype(np.int64)).to(device)
        self.batch_size, self.augment, self.shuffle, self._seed = batch_size, augment, shuffle, seed

    def __len__(self) -> int:
        """Return the batches of an epoch."""
        return len(self._labels) // self.batch_size

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield images float32 `[batch_size, C, H, W]`, in torch's `channels_last` layout, and labels int64."""
        rng = generator(self._seed, "epoch", number)
        order = rng.permutation(len(self._labels)) if self.shuffle else np.arange(len(self._labels))
        for batch in range(len(self)):
            chosen = order[batch * self.batch_size : (batch + 1) * self.batch_size]
            index = torch.from_numpy(chosen).to(self._labels.device)
            images = self.augment(self._images[index], rng).contiguous(memory_format=torch.channels_last)
            yield images, self._labels[index]


def moments(split: Split) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and deviation of each channel, float32 `[1, C, 1, 1]`; a constant channel's deviation is 1."""
    axes = (0, 2, 3)
    mean = split.images.mean(axis=axes, keepdims=True, dtype=np.float64)
    deviation = split.images.std(axis=axes, keepdims=True, dtype=np.float64)
    return mean.astype(np.float32), np.where(deviation > 0, deviation, 1).astype(np.float32)
