"""The two splits of a search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awnas_gym.data import DATASETS, DatasetInfo, Split
from awnas_gym.data.searching import train_and_valid
from awnas_gym.errors import MissingDataError, SettingError, UnknownNameError
from awnas_gym.tables import Row
from tests.data import written


def test_splits_that_are_there_stay_as_they_are() -> None:
    splits = DATASETS.load("fashion14")()
    train, valid, info = train_and_valid("fashion14")
    assert np.array_equal(train.images, splits["train"].images)
    assert np.array_equal(valid.images, splits["valid"].images)
    assert info == DatasetInfo(classes=10, shape=(1, 14, 14))


@pytest.fixture
def cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Split:
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path))
    images, labels = written.cifar10(tmp_path / "cifar10")["train"]
    return Split(images, labels.astype(np.int64))


@pytest.mark.parametrize("fraction", [None, 0.5])
def test_valid_is_a_share_of_train_and_always_the_same(cifar10: Split, fraction: float | None) -> None:
    train, valid, info = train_and_valid("cifar10", valid_fraction=fraction)
    assert info == DatasetInfo(classes=10, shape=(3, 32, 32))
    together = {image.tobytes() for split in (train, valid) for image in split.images}
    assert together == {image.tobytes() for image in cifar10.images}
    assert len(train) + len(valid) == len(cifar10)
    assert len(valid) / len(cifar10) == pytest.approx(fraction or 0.1, abs=0.12)
    assert np.array_equal(train_and_valid("cifar10", valid_fraction=fraction)[1].images, valid.images)


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 2.0])
def test_a_share_is_a_share(cifar10: Split, fraction: float) -> None:
    with pytest.raises(SettingError, match="above 0 and below 1; got"):
        train_and_valid("cifar10", valid_fraction=fraction)


def test_nothing_is_shared_out_or_scaled_for_nothing(cifar10: Split) -> None:
    with pytest.raises(SettingError, match="fashion14 has a split valid"):
        train_and_valid("fashion14", valid_fraction=0.1)
    with pytest.raises(SettingError, match="images of 32x32 pixels; got image_size=16"):
        train_and_valid("cifar10", image_size=16)


def test_files_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path))
    with pytest.raises(MissingDataError, match="set AWNAS_DATA to the folder that holds svhn"):
        train_and_valid("svhn")
    with pytest.raises(UnknownNameError, match="Did you mean 'cifar10'"):
        train_and_valid("cifar1")


def flawed(flaw: str) -> dict[str, Split]:
    images, labels = np.zeros((6, 1, 8, 8), np.uint8), np.arange(6) % 3
    splits = {"train": Split(images, labels), "valid": Split(images, labels)}
    if flaw == "no train":
        del splits["train"]
    elif flaw == "sizes":
        splits["valid"] = Split(images[:, :, 1:], labels)
    elif flaw == "no images":
        splits["valid"] = Split(images[:0], labels[:0])
    return splits


@pytest.mark.parametrize(
    ("flaw", "message"),
    [
        ("no train", "flawed has no split train; it has valid"),
        ("sizes", r"flawed has images \(1, 8, 8\) in train and \(1, 7, 8\) in valid"),
        ("no images", "flawed has 0 images in valid"),
    ],
)
def test_splits_that_do_not_fit(flaw: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS._rows, "flawed", Row(f"{__name__}:made", "of a plugin"))
    monkeypatch.setattr(Row, "load", lambda _: lambda: flawed(flaw))
    with pytest.raises(SettingError, match=message):
        train_and_valid("flawed")


def test_labels_beyond_the_classes(cifar10: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = DATASETS.load("cifar10")
    monkeypatch.setattr(part, "_read", lambda *_: {"train": Split(cifar10.images, cifar10.labels + 1)})
    with pytest.raises(SettingError, match="labels 0 … 10; wanted are some, with labels 0 … 9"):
        train_and_valid("cifar10")
