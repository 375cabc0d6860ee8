"""Image files that are decoded when they are read: for data sets that do not fit into memory."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import PurePath
from types import ModuleType
from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import DataFileError, MissingExtraError, SettingError

CENTRE = 224 / 256
"""Share of the shorter side that is kept of an image where nothing is random [He et al., CVPR 2016]."""

Box = tuple[float, float, float, float]
"""Left, upper, right and lower edge, in pixels."""


@final
@dataclass(frozen=True, slots=True)
class ImageFiles:
    """Colour images in files, and their labels. Mean and deviation, of bytes by channel, are those used for ImageNet.

    Attributes:
        paths: of the files, of any sizes.
        labels: int64 `[n]`.
        size: height and width of what is read.
        mean: of the pixels of each channel, 0 … 255; nobody wants to read all files to know it.
        deviation: likewise.

    Raises:
        SettingError: paths and labels are not as many, or the size is no number of pixels.
    """

    paths: tuple[str, ...]
    labels: NDArray[np.int64]
    size: int = 224
    mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    deviation: tuple[float, float, float] = (58.395, 57.12, 57.375)

    def __post_init__(self) -> None:
        """Refuse what does not fit."""
        if self.labels.dtype != np.int64 or self.labels.shape != (len(self.paths),):
            raise SettingError(
                f"labels are int64 [{len(self.paths)}], one a file; got {self.labels.dtype} {list(self.labels.shape)}"
            )
        if self.size < 1:
            raise SettingError(f"size is 1 pixel or more; got {self.size}")

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.paths)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return 3, self.size, self.size

    @property
    def checksum(self) -> str:
        """Tell these files and labels from others: eight hexadecimal digits; of a file, its name and its folder's."""
        names = "\n".join("/".join(PurePath(path).parts[-2:]) for path in self.paths)
        return f"{zlib.crc32(self.labels.tobytes(), zlib.crc32(names.encode())):08x}"

    def take(self, index: NDArray[np.int64]) -> ImageFiles:
        """Return the files and labels at an index `[m]`."""
        return replace(self, paths=tuple(self.paths[i] for i in index), labels=self.labels[index])

    def read(self, index: NDArray[np.int64], windows: NDArray[np.float64] | None = None) -> NDArray[np.uint8]:
        """Return images uint8 `[m, 3, size, size]`, decoded in threads.

        Args:
            index: which, `[m]`.
            windows: what is kept of each image and scaled, float64 `[m, 4]`: share of the area, ratio of width and
                height, and place (down, right) from 0 to 1 where the window does not reach to both edges. None for
                the square in the middle.

        Raises:
            DataFileError: a file is no image, or damaged.
            MissingExtraError: Pillow is not installed.
        """

        def one(i: int) -> NDArray[np.uint8]:
            return decode(self.paths[index[i]], size=self.size, window=None if windows is None else windows[i])

        with ThreadPoolExecutor() as pool:
            return np.stack(list(pool.map(one, range(len(index)))))


def decode(path: str, *, size: int | None = None, window: NDArray[np.float64] | None = None) -> NDArray[np.uint8]:
    """Return the pixels of an image file, uint8 `[3, H, W]`; see `ImageFiles.read`.

    Args:
        path: of a JPEG or PNG file, in any colours.
        size: height and width it is scaled to; None for its own.
        window: what is scaled.
    """
    pillow = _pillow()
    try:
        with pillow.open(path, formats=("JPEG", "PNG")) as file:
            image = file.convert("RGB")
    except Exception as error:  # damage shows itself in every way there is
        raise DataFileError(f"{path} is no image: {' '.join(str(error).split()) or type(error).__name__}") from error
    if size is not None:
        image = image.resize((size, size), pillow.Resampling.BILINEAR, box=_box(image.size, window))
    return np.asarray(image).transpose(2, 0, 1)


def _box(sides: Sequence[int], window: NDArray[np.float64] | None) -> Box:
    width, height = sides
    if window is None:
        side = CENTRE * min(sides)
        left, upper = (width - side) / 2, (height - side) / 2
        return left, upper, left + side, upper + side
    area, ratio, down, right = window.tolist()
    wide = min((area * width * height * ratio) ** 0.5, width)
    high = min((area * width * height / ratio) ** 0.5, height)
    left, upper = right * (width - wide), down * (height - high)
    return left, upper, left + wide, upper + high


def _pillow() -> ModuleType:
    try:
        from PIL import Image  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError("pillow", "data") from error
    return Image
