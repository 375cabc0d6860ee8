"""Normalisation of images by the mean and the deviation of each channel."""

from __future__ import annotations

import math
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awnas_gym.data import ImageFiles, Split

CHUNK = 1000
"""Images that are summed at once."""


@final
class Normalise:
    """`(pixel - mean) / deviation`, by channel.

    Args:
        reference: whose moments are used: those of the training split, for every split.
        device: any of torch.

    Attributes:
        mean: of bytes 0 … 255, float32 `[C, 1, 1]`.
        deviation: likewise; 1 where a channel is constant.
    """

    def __init__(self, reference: Split | ImageFiles, *, device: str = "cpu") -> None:
        mean, deviation = moments(reference)
        columns = (torch.from_numpy(values[:, None, None]).to(device, torch.float32) for values in (mean, deviation))
        self.mean, self.deviation = columns

    @property
    def moments(self) -> dict[str, list[float]]:
        """`mean` and `deviation` by channel."""
        return {name: getattr(self, name).flatten().tolist() for name in ("mean", "deviation")}

    def __call__(self, pixels: Tensor) -> Tensor:
        """Return float32 `[B, C, H, W]`, in torch's `channels_last` layout, of bytes of that shape."""
        images = pixels.to(torch.float32, memory_format=torch.channels_last)
        return images.sub_(self.mean).div_(self.deviation)


def moments(split: Split | ImageFiles) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and deviation of each channel, float64 `[C]`, of bytes 0 … 255; a constant channel's deviation is 1.

    They are worked out in whole numbers, so nothing is rounded before the last step. Of `ImageFiles` they are those
    that are used for ImageNet.
    """
    if isinstance(split, ImageFiles):
        return np.array(split.mean), np.array(split.deviation)
    channels, height, width = split.shape
    n, sums, squares = len(split) * height * width, [0] * channels, [0] * channels
    for start in range(0, len(split), CHUNK):
        pixels = split.images[start : start + CHUNK]
        for channel in range(channels):
            values = pixels[:, channel]
            sums[channel] += int(values.sum(dtype=np.int64))
            squares[channel] += int(np.square(values, dtype=np.uint16).sum(dtype=np.int64))
    deviation = [math.sqrt(n * b - a * a) / n for a, b in zip(sums, squares, strict=True)]
    return np.array(sums) / n, np.array([value or 1.0 for value in deviation])
