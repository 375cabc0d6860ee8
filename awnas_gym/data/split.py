"""What a data set is made of."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError


@final
@dataclass(frozen=True, slots=True)
class Split:
    """Images uint8 `[n, channels, height, width]` and labels int64 `[n]`, 0 or more; flipped views become copies.

    Raises:
        SettingError: other shapes or types, or negative labels.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse what does not fit."""
        images, labels = self.images, self.labels
        if images.dtype != np.uint8 or images.ndim != 4:
            raise SettingError(f"images are uint8 [n, C, H, W]; got {images.dtype} {list(images.shape)}")
        if labels.dtype != np.int64 or labels.shape != images.shape[:1]:
            raise SettingError(
                f"labels are int64 [{len(images)}], one an image; got {labels.dtype} {list(labels.shape)}"
            )
        if len(labels) and labels.min() < 0:
            raise SettingError(f"labels are 0 or more; got {labels.min()}")
        object.__setattr__(self, "images", np.ascontiguousarray(images))  # torch takes no backward strides
        object.__setattr__(self, "labels", np.ascontiguousarray(labels))

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return self.images.shape[1], self.images.shape[2], self.images.shape[3]

    @property
    def checksum(self) -> str:
        """Tell these images and labels from others: eight hexadecimal digits."""
        return f"{zlib.crc32(self.labels.data, zlib.crc32(self.images.data)):08x}"

    def take(self, index: NDArray[np.int64]) -> Split:
        """Return the images and labels at an index `[m]`."""
        return Split(self.images[index], self.labels[index])
