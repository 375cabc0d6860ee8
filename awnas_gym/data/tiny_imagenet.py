"""Tiny-ImageNet: 200 classes of ImageNet in 64x64 pixels."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awnas_gym.data.class_folders import class_folders, files_by_class
from awnas_gym.data.dataset import DatasetInfo, dataset
from awnas_gym.data.files import as_split, find_file
from awnas_gym.data.image_files import decode
from awnas_gym.data.split import Split
from awnas_gym.errors import DataFileError


@dataset(
    classes=200,
    shape=(3, 64, 64),
    bring="the folder tiny-imagenet-200 of tiny-imagenet-200.zip",
    page="http://cs231n.stanford.edu/tiny-imagenet-200.zip",
)
def tiny_imagenet(folder: Path, info: DatasetInfo) -> dict[str, Split]:
    """100,000 training and 10,000 test images of 200 classes [Le & Yang 2015].

    Its validation images are the split `test`: the labels of its own test images are not published.
    """
    listed = find_file(folder, "tiny-imagenet-200/val/val_annotations.txt", "val/val_annotations.txt")
    train = listed.parents[1] / "train"
    names = class_folders(train, info.classes)
    return {
        "train": _decoded(*files_by_class([train / name / "images" for name in names]), info, train),
        "test": _decoded(*_annotated(listed, names), info, listed),
    }


def _annotated(listed: Path, names: list[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Return files and labels of a list: a line is a file's name, its class, and a box."""
    places = {name: label for label, name in enumerate(names)}
    paths, labels = [], []
    for number, line in enumerate(listed.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        file, *words = line.split("\t")
        if len(words) != 5 or words[0] not in places or Path(file).name != file:
            raise DataFileError(f"{listed}: line {number} is no image, one of the classes, a box: {line[:80]!r}")
        paths.append(str(listed.parent / "images" / file))
        labels.append(places[words[0]])
    return paths, np.array(labels, dtype=np.int64)


def _decoded(paths: Sequence[str], labels: NDArray[np.int64], info: DatasetInfo, where: Path) -> Split:
    images = np.empty((len(paths), *info.shape), dtype=np.uint8)

    def one(i: int) -> None:
        pixels = decode(paths[i])
        if pixels.shape != info.shape:
            raise DataFileError(f"{paths[i]} has {pixels.shape[2]}x{pixels.shape[1]} pixels; 64x64 are wanted")
        images[i] = pixels

    with ThreadPoolExecutor() as pool:
        for _ in pool.map(one, range(len(paths))):
            pass
    return as_split(images, labels, where=where, info=info)
