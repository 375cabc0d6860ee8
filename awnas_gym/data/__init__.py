"""Data sets: images and labels as NumPy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.tables import Row, Table

FASHION14_PATH = Path(__file__).parent / "fashion14.npz"


@final
@dataclass(frozen=True, slots=True)
class Split:
    """Images uint8 `[n, channels, height, width]` and labels int64 `[n]`."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


def fashion14() -> dict[str, Split]:
    """Return Fashion-MNIST in small: 2,000 training, 500 validation and 1,500 test images of 14x14 pixels.

    Fashion-MNIST [Xiao, Rasul & Vollgraf 2017, MIT licence], blocks of 2x2 pixels averaged, equally many
    images a class; train and valid come from its training files, test from its test files.
    """
    with np.load(FASHION14_PATH, allow_pickle=False) as arrays:
        return {
            split: Split(arrays[f"{split}_images"][:, None], arrays[f"{split}_labels"].astype(np.int64))
            for split in ("train", "valid", "test")
        }


DATASETS = Table("data set", {"fashion14": Row("awnas_gym.data:fashion14", "Fashion-MNIST, 4,000 images of 14x14; embedded")})
