"""The two splits of a search: one that weights are trained on, one that architectures are scored on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from awnas_gym.data import DATASETS, Dataset, DatasetInfo, ImageFiles, Split, Text, images_of, texts_of
from awnas_gym.data.parts import AnySplit, parts
from awnas_gym.errors import SettingError

VALID_FRACTION = 0.1
"""Of the training images, 5,000 of CIFAR-10's 50,000 as in ENAS; DARTS and NAS-Bench-201 take 0.5."""

SEED = 0
"""Of the share: every run of every seed has the same two splits."""

Searched = tuple[Split, Split, DatasetInfo] | tuple[ImageFiles, ImageFiles, DatasetInfo]
"""Training and validation images, and what they are."""


def train_and_valid(dataset: str, *, valid_fraction: float | None = None, image_size: int | None = None) -> Searched:
    """Return the splits of a data set of images that a search may see; `test` is not among them.

    Args:
        dataset: a name from `DATASETS`.
        valid_fraction: share of `train` that becomes `valid`, of each label alike, where the data set has no `valid`;
            None for `VALID_FRACTION`.
        image_size: height and width that image files are scaled to; None for the data set's.

    Raises:
        UnknownNameError: no such data set.
        MissingDataError: its files are not there.
        SettingError: there is nothing to share out or to scale, splits do not fit each other, or they are text.
    """
    part = DATASETS.load(dataset)
    splits: Mapping[str, Any] = images_of(dataset)
    if "train" not in splits:
        raise SettingError(f"{dataset} has no split train; it has {', '.join(splits) or 'none'}")
    highest = max(int(split.labels.max(initial=-1)) for split in splits.values())
    info = part.info if isinstance(part, Dataset) else None
    classes = 1 + highest if info is None else info.classes
    train, valid = _shared_out(dataset, splits["train"], splits.get("valid"), valid_fraction)
    if image_size is not None:
        train, valid = (_scaled(dataset, split, image_size) for split in (train, valid))
    for name, split in (("train", train), ("valid", valid)):
        if not len(split) or split.labels.max() >= classes:
            raise SettingError(
                f"{dataset} has {len(split)} images in {name}, labels 0 … {max(split.labels, default=-1)}; "
                f"wanted are some, with labels 0 … {classes - 1}"
            )
        if split.shape != train.shape:
            raise SettingError(f"{dataset} has images {train.shape} in train and {split.shape} in {name}")
    return train, valid, DatasetInfo(classes=classes, shape=train.shape)


def texts_to_search(dataset: str, *, valid_fraction: float | None = None) -> tuple[Text, Text]:
    """Return the splits `train` and `valid` of a data set of text; the latter is the end of `train` if there is none.

    Args:
        dataset: a name from `DATASETS`.
        valid_fraction: share of `train` that becomes `valid`; None for `VALID_FRACTION`.

    Raises:
        UnknownNameError: no such data set.
        MissingDataError: its files are not there.
        SettingError: there is nothing to share out, or the data set holds images.
    """
    splits = texts_of(dataset)
    if "valid" in splits and valid_fraction is not None:
        raise SettingError(f"{dataset} has a split valid; valid_fraction is for data sets without one")
    if "valid" not in splits:
        splits = splits["train"].cut(VALID_FRACTION if valid_fraction is None else valid_fraction)
    return splits["train"], splits["valid"]


def _shared_out(
    dataset: str, train: AnySplit, valid: AnySplit | None, fraction: float | None
) -> tuple[AnySplit, AnySplit]:
    if valid is not None:
        if fraction is not None:
            raise SettingError(f"{dataset} has a split valid; valid_fraction is for data sets without one")
        return train, valid
    shared = share_out(train, VALID_FRACTION if fraction is None else fraction)
    return shared["train"], shared["valid"]


def share_out(train: AnySplit, fraction: float) -> dict[str, AnySplit]:
    """Return `train` and `valid`, a share of the training images; every run takes the same ones.

    Raises:
        SettingError: the fraction is not between 0 and 1, or leaves a split empty.
    """
    if not 0 < fraction < 1:
        raise SettingError(f"valid_fraction is a share of the training images, above 0 and below 1; got {fraction!r}")
    return parts(train, {"train": 1 - fraction, "valid": fraction}, seed=SEED)


def _scaled(dataset: str, split: AnySplit, size: int) -> AnySplit:
    if isinstance(split, ImageFiles):
        return replace(split, size=size)
    if split.shape[1:] != (size, size):
        raise SettingError(f"{dataset} has images of {split.shape[1]}x{split.shape[2]} pixels; got image_size={size}")
    return split
