"""Images in a folder a class; the labels are the order of the folders' names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import DataFileError, MissingDataError

ENDINGS = (".jpeg", ".jpg", ".png")


def class_folders(folder: Path, classes: int) -> list[str]:
    """Return the names of the folders in a folder, sorted.

    Raises:
        MissingDataError: it is not there.
        DataFileError: they are not as many as the classes, so that labels would be wrong.
    """
    if not folder.is_dir():
        raise MissingDataError(f"no folder {folder}")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if len(names) != classes:
        raise DataFileError(f"{folder} holds {len(names)} folders; {classes} are wanted, one a class")
    return names


def files_by_class(folders: list[Path]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the image files in folders, sorted within each, and their labels: the folder's place.

    Raises:
        DataFileError: a folder holds none.
    """
    paths: list[str] = []
    counts = []
    for folder in folders:
        found = sorted(str(path) for path in folder.glob("*") if path.suffix.lower() in ENDINGS)
        if not found:
            raise DataFileError(f"{folder} holds no {', '.join(ENDINGS)}")
        paths += found
        counts.append(len(found))
    return tuple(paths), np.repeat(np.arange(len(folders)), counts)
