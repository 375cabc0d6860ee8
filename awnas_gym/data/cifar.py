"""CIFAR-10 and CIFAR-100, of the files "python version"."""

from __future__ import annotations

from pathlib import Path

from awnas_gym.data.dataset import DatasetInfo, dataset
from awnas_gym.data.files import as_labels, as_split, field, find_file, joined, read_fields
from awnas_gym.data.split import Split

PAGE = "https://www.cs.toronto.edu/~kriz/cifar.html"


@dataset(
    classes=10,
    shape=(3, 32, 32),
    bring="the folder cifar-10-batches-py of cifar-10-python.tar.gz",
    page=PAGE,
)
def cifar10(folder: Path, info: DatasetInfo) -> dict[str, Split]:
    """50,000 training and 10,000 test images of 10 classes [Krizhevsky 2009]."""
    files = {"train": [f"data_batch_{i}" for i in range(1, 6)], "test": ["test_batch"]}
    return {
        split: joined([_read(folder, "cifar-10-batches-py", name, "labels", info) for name in names])
        for split, names in files.items()
    }


@dataset(
    classes=100,
    shape=(3, 32, 32),
    bring="the folder cifar-100-python of cifar-100-python.tar.gz",
    page=PAGE,
)
def cifar100(folder: Path, info: DatasetInfo) -> dict[str, Split]:
    """50,000 training and 10,000 test images of 100 classes, their fine labels [Krizhevsky 2009]."""
    return {split: _read(folder, "cifar-100-python", split, "fine_labels", info) for split in ("train", "test")}


def _read(folder: Path, inner: str, name: str, labels: str, info: DatasetInfo) -> Split:
    path = find_file(folder, f"{inner}/{name}", name)
    fields = read_fields(path)
    found = as_labels(field(fields, labels, where=path), where=path, classes=info.classes)
    return as_split(field(fields, "data", where=path), found, where=path, info=info)
