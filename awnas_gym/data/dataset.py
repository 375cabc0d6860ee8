"""Data sets whose files the user brings: where these are looked for, and what is known without them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from awnas_gym.data.image_files import ImageFiles
from awnas_gym.data.split import Split
from awnas_gym.data.text import Text
from awnas_gym.errors import MissingDataError
from awnas_gym.home import data_folder

Images = Mapping[str, Split] | Mapping[str, ImageFiles]
Splits = Images | Mapping[str, Text]
"""`train`, `test` and, where the data set has one, `valid`."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInfo:
    """What is known of a data set of images without its files.

    Attributes:
        classes: labels are 0 … classes - 1.
        shape: channels, height and width of an image.
    """

    classes: int
    shape: tuple[int, int, int]


Read = Callable[[Path, DatasetInfo], Images]
ReadText = Callable[[Path], Mapping[str, Text]]
"""Reads the files in a folder; raises `MissingDataError` where one is absent, `DataFileError` for what does not fit."""


@final
class Dataset:
    """A data set, in the folder of its name in `$AWNAS_DATA`; calling it reads the files.

    Args:
        read: reads them; its name is that of the data set.
        info: what they hold; None of text, whose vocabulary nobody knows before.
        bring: what has to be put into the folder.
        page: where that is to be had.
    """

    def __init__(self, read: Callable[..., Splits], *, info: DatasetInfo | None, bring: str, page: str) -> None:
        self.name, self.info, self.bring, self.page, self._read = read.__name__, info, bring, page, read
        self.__doc__ = read.__doc__

    @property
    def folder(self) -> Path:
        """Where the files are looked for; it need not exist."""
        return data_folder() / self.name

    def __call__(self, root: Path | None = None) -> Splits:
        """Return the splits.

        Args:
            root: folder of the files; None for `folder`.

        Raises:
            MissingDataError: a file is not there.
            DataFileError: a file is truncated, altered or of another form.
            MissingExtraError: a package that reads the files is not installed.
        """
        folder = self.folder if root is None else Path(root).expanduser()
        try:
            return self._read(folder) if self.info is None else self._read(folder, self.info)
        except MissingDataError as error:
            other = f", or set AWNAS_DATA to the folder that holds {self.name}" if root is None else ""
            raise MissingDataError(f"{error}; put {self.bring} there, from {self.page}{other}") from error


def dataset(*, classes: int, shape: tuple[int, int, int], bring: str, page: str) -> Callable[[Read], Dataset]:
    """Make a `Dataset` of images of the function below."""
    info = DatasetInfo(classes=classes, shape=shape)
    return functools.partial(Dataset, info=info, bring=bring, page=page)


def text_dataset(*, bring: str, page: str) -> Callable[[ReadText], Dataset]:
    """Make a `Dataset` of text of the function below."""
    return functools.partial(Dataset, info=None, bring=bring, page=page)
