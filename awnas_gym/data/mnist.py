"""MNIST and Fashion-MNIST: four IDX files each."""

from __future__ import annotations

from pathlib import Path

from awnas_gym.data.dataset import DatasetInfo, dataset
from awnas_gym.data.files import as_labels, as_split, find_file
from awnas_gym.data.idx import read_idx
from awnas_gym.data.split import Split

FILES = {"train": "train", "test": "t10k"}
BRING = "train-images-idx3-ubyte.gz and the three like it, packed or not,"


@dataset(
    classes=10,
    shape=(1, 28, 28),
    bring=BRING,
    page="http://yann.lecun.com/exdb/mnist or https://ossci-datasets.s3.amazonaws.com/mnist",
)
def mnist(folder: Path, info: DatasetInfo) -> dict[str, Split]:
    """60,000 training and 10,000 test images of digits [LeCun, Bottou, Bengio & Haffner 1998]."""
    return _read(folder, "MNIST/raw", info)


@dataset(classes=10, shape=(1, 28, 28), bring=BRING, page="https://github.com/zalandoresearch/fashion-mnist")
def fashion_mnist(folder: Path, info: DatasetInfo) -> dict[str, Split]:
    """60,000 training and 10,000 test images of clothes [Xiao, Rasul & Vollgraf 2017]."""
    return _read(folder, "FashionMNIST/raw", info)


def _read(folder: Path, inner: str, info: DatasetInfo) -> dict[str, Split]:
    splits = {}
    for split, file in FILES.items():
        names = [f"{file}-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1")]
        images, labels = (
            find_file(folder, f"{name}.gz", name, f"{inner}/{name}.gz", f"{inner}/{name}") for name in names
        )
        pixels = read_idx(images)
        found = as_labels(read_idx(labels), where=labels, classes=info.classes)
        if pixels.ndim == 3:
            pixels = pixels[:, None]
        splits[split] = as_split(pixels, found, where=images, info=info)
    return splits
