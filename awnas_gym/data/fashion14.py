"""Fashion-MNIST in small, embedded in the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from awnas_gym.data.split import Split

PATH = Path(__file__).parent / "fashion14.npz"


def fashion14() -> dict[str, Split]:
    """Return Fashion-MNIST in small: 2,000 training, 500 validation and 1,500 test images of 14x14 pixels.

    Fashion-MNIST [Xiao, Rasul & Vollgraf 2017, MIT licence], blocks of 2x2 pixels averaged, equally many
    images a class; train and valid come from its training files, test from its test files.
    """
    with np.load(PATH, allow_pickle=False) as arrays:
        return {
            split: Split(arrays[f"{split}_images"][:, None], arrays[f"{split}_labels"].astype(np.int64))
            for split in ("train", "valid", "test")
        }
