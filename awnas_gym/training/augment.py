"""Random changes to training images: many at a time, on the device where they are, each image its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from awnas_gym.errors import SettingError
from awnas_gym.training.normalise import Normalise

RATIOS = (3 / 4, 4 / 3)
"""Of width and height of a window [Szegedy et al., CVPR 2015]."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Augment:
    """Random changes to training images, each image its own.

    The order is that of torchvision's usual pipeline: a crop of the image padded with black, a flip, normalisation,
    cutout with zeros, which are then the mean colour. A generator on the CPU gives the same draws on every device.

    Attributes:
        crop: pixels of black around an image, of which a window of its size is cut [He et al., CVPR 2016].
        flip: whether half of the images are mirrored, left to right.
        cutout: side of a square around a random pixel that is set to zero; what is beyond the border is not cut out
            elsewhere [DeVries & Taylor 2017]. 0 for none.
        area: of image files, the least share of the area that is kept before the image is scaled [Szegedy et al. 2015:
            0.08]; None for the middle. It needs `ImageFiles`.

    Raises:
        SettingError: sizes below 0, or a share that is not in (0, 1].
    """

    crop: int = 0
    flip: bool = False
    cutout: int = 0
    area: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no size."""
        if self.crop < 0 or self.cutout < 0:
            raise SettingError(f"crop and cutout are pixels, 0 or more; got {self.crop} and {self.cutout}")
        if self.area is not None and not 0 < self.area <= 1:
            raise SettingError(f"area is a share above 0, 1 at most; got {self.area}")

    def __call__(self, pixels: Tensor, normalise: Normalise, generator: torch.Generator) -> Tensor:
        """Return normalised images float32 `[B, C, H, W]` of pixels uint8 of that shape."""
        n, _, height, width = pixels.shape

        def draw(ends: int) -> Tensor:
            return torch.randint(ends, (n,), generator=generator, device=generator.device).to(pixels.device)

        if self.crop:
            pixels = crop(pixels, draw(2 * self.crop + 1), draw(2 * self.crop + 1), padding=self.crop)
        if self.flip:
            pixels = flip(pixels, draw(2) == 1)
        images = normalise(pixels)
        if self.cutout:
            images = cut_out(images, draw(height), draw(width), side=self.cutout)
        return images

    def windows(self, n: int, generator: torch.Generator) -> NDArray[np.float64] | None:
        """Return what `ImageFiles.read` keeps of `n` files, float64 `[n, 4]`; None for the middle."""
        if self.area is None:
            return None
        drawn = torch.rand((n, 4), dtype=torch.float64, generator=generator, device=generator.device).cpu().numpy()
        low, high = map(math.log, RATIOS)
        drawn[:, 0] = self.area + (1 - self.area) * drawn[:, 0]
        drawn[:, 1] = np.exp(low + (high - low) * drawn[:, 1])
        return drawn


PLAIN = Augment()
"""Nothing but normalisation."""


def crop(images: Tensor, tops: Tensor, lefts: Tensor, *, padding: int) -> Tensor:
    """Return of each image, with zeros around it, the window of its size that begins at its row and column.

    Args:
        images: `[B, C, H, W]`.
        tops: int64 `[B]`, 0 … 2 * padding.
        lefts: likewise.
        padding: pixels on each side.
    """
    _, _, height, width = images.shape
    windows = functional.pad(images, (padding,) * 4).unfold(2, height, 1).unfold(3, width, 1)
    return windows[torch.arange(len(images), device=images.device), :, tops, lefts]


def flip(images: Tensor, chosen: Tensor) -> Tensor:
    """Return the images `[B, C, H, W]`, those chosen (bool `[B]`) mirrored from left to right."""
    return torch.where(chosen[:, None, None, None], images.flip(3), images)


def cut_out(images: Tensor, rows: Tensor, columns: Tensor, *, side: int) -> Tensor:
    """Return the images with a square of zeros each.

    Args:
        images: `[B, C, H, W]`.
        rows: int64 `[B]`; the square begins `side // 2` before it.
        columns: likewise.
        side: of the square; what of it lies beyond the border is nowhere.
    """
    inside = []
    for size, centres in zip(images.shape[2:], (rows, columns), strict=True):
        begin = (centres - side // 2)[:, None]
        at = torch.arange(size, device=images.device)
        inside.append((at >= begin) & (at < begin + side))
    return images.masked_fill(inside[0][:, None, :, None] & inside[1][:, None, None, :], 0)
