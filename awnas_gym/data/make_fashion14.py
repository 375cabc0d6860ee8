"""Make `fashion14.npz` from the original Fashion-MNIST files.

    python -m awnas_gym.data.make_fashion14 FOLDER

FOLDER holds the four `*-ubyte.gz` files (Debian: the package `dataset-fashion-mnist`).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awnas_gym.data.fashion14 import PATH
from awnas_gym.data.idx import read_idx
from awnas_gym.seeding import generator

SIZES = {"train": 2000, "valid": 500, "test": 1500}


def halve(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average blocks of 2x2 pixels, `[n, 28, 28]` -> `[n, 14, 14]`."""
    n, height, width = images.shape
    blocks = images.reshape(n, height // 2, 2, width // 2, 2).astype(np.float32)
    means: NDArray[np.float32] = blocks.mean(axis=(2, 4))
    rounded: NDArray[np.float32] = np.rint(means)
    return rounded.astype(np.uint8)


def main(folder: Path) -> None:
    """Draw equally many images a class: train and valid from the training files, test from the test files."""
    arrays = {}
    rng = generator(0, "fashion14")
    for file, splits in (("train", ("train", "valid")), ("t10k", ("test",))):
        images = halve(read_idx(folder / f"{file}-images-idx3-ubyte.gz"))
        labels = read_idx(folder / f"{file}-labels-idx1-ubyte.gz")
        order = [rng.permutation(np.flatnonzero(labels == c)) for c in range(10)]
        start = 0
        for split in splits:
            each = SIZES[split] // 10
            chosen = rng.permutation(np.concatenate([o[start : start + each] for o in order]))
            arrays[f"{split}_images"], arrays[f"{split}_labels"] = images[chosen], labels[chosen]
            start += each
    np.savez_compressed(PATH, **arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
