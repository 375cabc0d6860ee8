"""What the readers of data sets share: finding a file, and checking what was in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.data.dataset import DatasetInfo
from awnas_gym.data.split import Split
from awnas_gym.errors import DataFileError, MissingDataError, TableFileError
from awnas_gym.pickles import read_pickle


def find_file(folder: Path, *names: str) -> Path:
    """Return the first of these files in a folder; `MissingDataError` if none is there."""
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise MissingDataError(f"no {' or '.join(names)} in {folder}")


def read_fields(path: Path) -> dict[str, Any]:
    """Return the dictionary in a pickle, of Python 2 or 3, which is not run.

    Raises:
        DataFileError: it is damaged, or holds something else.
    """
    try:
        fields = read_pickle(path)
    except TableFileError as error:
        raise DataFileError(str(error)) from error
    if not isinstance(fields, dict):
        raise DataFileError(f"{path} holds a {type(fields).__name__} where fields with names are wanted")
    return {key.decode("latin1") if isinstance(key, bytes) else str(key): value for key, value in fields.items()}


def field(fields: dict[str, Any], name: str, *, where: Path) -> Any:  # noqa: ANN401 - whatever it holds
    """Return a field; `DataFileError` names the file that lacks it."""
    if name not in fields:
        raise DataFileError(f"{where} has no field {name}; it has {', '.join(sorted(fields)) or 'none'}")
    return fields[name]


def as_labels(values: ArrayLike, *, where: Path, first: int = 0, classes: int) -> NDArray[np.int64]:
    """Return labels int64 `[n]`, which are whole numbers from `first` on; `DataFileError` if they are not."""
    try:
        labels = np.asarray(values)
    except ValueError:  # lists of different lengths
        labels = np.empty(0, dtype=object)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataFileError(f"{where}: labels are one whole number an image")
    wrong = labels[(labels < first) | (labels >= first + classes)]
    if len(wrong):
        raise DataFileError(f"{where} holds the label {wrong[0]}; legal are {first} … {first + classes - 1}")
    return labels.astype(np.int64)


def as_split(images: object, labels: NDArray[np.int64], *, where: Path, info: DatasetInfo) -> Split:
    """Return images of bytes, of any shape that can be `[n, *info.shape]`, and their labels.

    Raises:
        DataFileError: another type, size or number of images.
    """
    size = int(np.prod(info.shape))
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        raise DataFileError(f"{where}: images are bytes; got {getattr(images, 'dtype', type(images).__name__)}")
    if images.ndim < 2 or images.shape[1:] not in {(size,), info.shape}:
        raise DataFileError(f"{where}: images are [n, {', '.join(map(str, info.shape))}]; got {list(images.shape)}")
    if not len(images):
        raise DataFileError(f"{where} holds no images")
    if len(images) != len(labels):
        raise DataFileError(f"{where}: {len(images):,} images and {len(labels):,} labels")
    return Split(images.reshape(-1, *info.shape), labels)


def joined(some: list[Split]) -> Split:
    """Return the images of several splits as one."""
    return Split(np.concatenate([each.images for each in some]), np.concatenate([each.labels for each in some]))
