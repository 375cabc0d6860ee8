"""What torchvision downloads is found in its folders, and read as torchvision reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.data import DATASETS
from tests import python2_pickles
from tests.data import written

torchvision = pytest.importorskip("torchvision", reason="compares with torchvision's loaders")
sets = torchvision.datasets


@pytest.fixture
def any_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have torchvision read files that are not the originals."""
    for module in (sets.cifar, sets.svhn):
        monkeypatch.setattr(module, "check_integrity", lambda *_: True)
    monkeypatch.setattr(sets.CIFAR10, "meta", {**sets.CIFAR10.meta, "md5": None})
    monkeypatch.setattr(sets.CIFAR100, "meta", {**sets.CIFAR100.meta, "md5": None})


def same(name: str, folder: Path, theirs: dict[str, Any]) -> None:
    """Compare the pixels and labels of each image, as torchvision shows them."""
    ours = DATASETS.load(name)(folder)
    for split, dataset in theirs.items():
        assert len(dataset) == len(ours[split])
        for i, (image, label) in enumerate(dataset):
            pixels = np.asarray(image)
            pixels = pixels.transpose(2, 0, 1) if pixels.ndim == 3 else pixels[None]
            np.testing.assert_array_equal(ours[split].images[i], pixels)
            assert ours[split].labels[i] == label


@pytest.mark.usefixtures("any_digest")
@pytest.mark.parametrize(("name", "theirs"), [("cifar10", sets.CIFAR10), ("cifar100", sets.CIFAR100)])
def test_cifar(name: str, theirs: Any, tmp_path: Path) -> None:
    written.WRITERS[name](tmp_path)
    names = {"label_names": ["a"], "fine_label_names": ["a"]}
    (tmp_path / theirs.base_folder / theirs.meta["filename"]).write_bytes(python2_pickles.dumps(names))
    same(name, tmp_path, {"train": theirs(tmp_path, train=True), "test": theirs(tmp_path, train=False)})


@pytest.mark.usefixtures("any_digest")
def test_svhn(tmp_path: Path) -> None:
    written.svhn(tmp_path)
    same("svhn", tmp_path, {split: sets.SVHN(tmp_path, split=split) for split in ("train", "test")})


@pytest.mark.parametrize(("name", "theirs"), [("mnist", sets.MNIST), ("fashion_mnist", sets.FashionMNIST)])
def test_mnist(name: str, theirs: Any, tmp_path: Path) -> None:
    written.mnist(tmp_path / theirs.__name__ / "raw", pack=bytes, ending="")
    same(name, tmp_path, {"train": theirs(tmp_path, train=True), "test": theirs(tmp_path, train=False)})


def test_folders_of_classes(tmp_path: Path) -> None:
    written.tiny_imagenet(tmp_path)
    same("tiny_imagenet", tmp_path, {"train": sets.ImageFolder(tmp_path / "tiny-imagenet-200" / "train")})


def test_imagenet(tmp_path: Path) -> None:
    written.imagenet(tmp_path)
    ours = DATASETS.load("imagenet")(tmp_path)
    for split, kind in (("train", "train"), ("test", "val")):
        theirs = sets.ImageFolder(tmp_path / kind).samples
        assert list(zip(ours[split].paths, ours[split].labels.tolist(), strict=True)) == theirs
