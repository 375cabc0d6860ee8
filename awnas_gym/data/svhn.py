"""Street View House Numbers, its cropped digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from awnas_gym.data.dataset import DatasetInfo, dataset
from awnas_gym.data.files import as_labels, as_split, field, find_file
from awnas_gym.data.split import Split
from awnas_gym.errors import DataFileError, MissingExtraError


@dataset(
    classes=10,
    shape=(3, 32, 32),
    bring="train_32x32.mat and test_32x32.mat",
    page="http://ufldl.stanford.edu/housenumbers",
)
def svhn(folder: Path, info: DatasetInfo) -> dict[str, Split]:
    """73,257 training and 26,032 test images of digits [Netzer et al. 2011]; the digit 0 has the label 0."""
    return {split: _read(find_file(folder, f"{split}_32x32.mat"), info) for split in ("train", "test")}


def _read(path: Path, info: DatasetInfo) -> Split:
    fields = _fields(path)
    images, labels = (field(fields, name, where=path) for name in ("X", "y"))
    if images.ndim != 4 or labels.ndim != 2 or labels.shape[1] != 1:
        raise DataFileError(f"{path}: X is [32, 32, 3, n] and y [n, 1]; got {list(images.shape)}, {list(labels.shape)}")
    found = as_labels(labels[:, 0], where=path, first=1, classes=info.classes) % 10  # the file writes 0 as 10
    return as_split(np.ascontiguousarray(images.transpose(3, 2, 0, 1)), found, where=path, info=info)


def _fields(path: Path) -> dict[str, Any]:
    """Return the arrays of a MATLAB file by name."""
    try:
        from scipy.io import loadmat  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError("scipy", "data") from error
    try:
        found = loadmat(path, variable_names=("X", "y"))
    except Exception as error:  # it raises whatever it likes
        raise DataFileError(
            f"{path} is no MATLAB file: {' '.join(str(error).split()) or type(error).__name__}"
        ) from error
    return {name: values for name, values in found.items() if isinstance(values, np.ndarray)}
