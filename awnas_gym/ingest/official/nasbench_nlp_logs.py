"""The logs of NAS-Bench-NLP: where they are, in folders and archives, and what one says of a training."""

from __future__ import annotations

import json
import math
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.config import brief
from awnas_gym.errors import TableFileError

TOKENS = {"ptb": 10_000, "wikitext-2": 33_278}
"""Data set -> words in its vocabulary."""

CURVES = {"train_losses": "train_loss", "val_losses": "valid_loss", "test_losses": "test_loss"}
NETWORK = {"emsize": "embedding", "nhid": "hidden", "nlayers": "layers"}
"""Name in a log -> name here."""

MOST_EPOCHS, MOST_LOSS, MOST_S, MOST_BYTES = 1000, 1e6, 1e7, 2**20
"""What is believed: epochs of a training, a loss, the seconds of an epoch, and the size of a log."""

_NAME = re.compile(r"log_stats_model_[A-Za-z0-9_-]{1,100}\.json", re.ASCII)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, LookupError)
"""What reading a damaged archive raises; RuntimeError if it is locked."""


@final
class Log(NamedTuple):
    """What a log says.

    Attributes:
        dataset: a key of `TOKENS`.
        number: of the recipe.
        recipe: of the cell.
        network: settings of the space.
        params: of the network.
        curves: metric -> its numbers, float64 `[epochs that were run]`; nan where the training had diverged.
        planned: epochs.
        status: `OK`, or why the training ended before.
    """

    dataset: str
    number: int
    recipe: str
    network: dict[str, int]
    params: int
    curves: dict[str, NDArray[np.float64]]
    planned: int
    status: str


# -------------------------------------------------------------------- files


def find_logs(path: Path) -> dict[Path, list[str]]:
    """Return the files with logs, and the names of the logs in those that are archives; none in a log by itself.

    Args:
        path: of a folder, all of which is searched, or of an archive.

    Raises:
        TableFileError: an archive is damaged.
    """
    found: dict[Path, list[str]] = {}
    for file in sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]:
        if _NAME.fullmatch(file.name):
            found[file] = []
        elif file.suffix == ".zip" or file == path:
            try:
                with zipfile.ZipFile(file) as archive:
                    names = [each for each in archive.namelist() if _NAME.fullmatch(each.rpartition("/")[2])]
            except _UNREADABLE as error:
                raise TableFileError(f"{file} is no archive of logs: {error or type(error).__name__}") from error
            if names:
                found[file] = names
    return found


def open_logs(file: Path, members: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
    """Yield the name of each log in a file, where it is for messages, and its bytes; see `find_logs`.

    Raises:
        TableFileError: it cannot be read, or is too large.
    """
    where = str(file)
    try:
        if members:
            with zipfile.ZipFile(file) as archive:
                for member in members:
                    name = member.rpartition("/")[2]
                    where = f"{file}: {name}"
                    with archive.open(member) as packed:
                        yield name, where, _whole(packed.read(MOST_BYTES + 1), where)
        else:
            with file.open("rb") as log:
                yield file.name, where, _whole(log.read(MOST_BYTES + 1), where)
    except _UNREADABLE as error:
        if isinstance(error, TableFileError):
            raise
        raise TableFileError(f"{where} cannot be read: {error or type(error).__name__}") from error


def _whole(raw: bytes, where: str) -> bytes:
    if len(raw) > MOST_BYTES:
        raise TableFileError(f"{where} has more than {MOST_BYTES:,} bytes, the most that is read of a log")
    return raw


# -------------------------------------------------------------------- what a log says


def read_log(raw: bytes, where: str) -> Log:
    """Return what a log says; `TableFileError` says what is wrong with it."""
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise TableFileError(f"{where} is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise TableFileError(f"{where} is {brief(content)}; the log of a training is wanted")
    data = _text(content, "data", where)
    dataset = data.rstrip("/").rpartition("/")[2]
    if dataset not in TOKENS:
        raise TableFileError(f"{where}: data is {brief(data)}; legal: data/{', data/'.join(TOKENS)}")
    planned = _number(content, "epochs", where, least=1, most=MOST_EPOCHS)
    curves = {name: _curve(content, key, planned, where, most=MOST_LOSS) for key, name in CURVES.items()}
    curves["cost_s"] = np.cumsum(_curve(content, "wall_times", planned, where, most=MOST_S))
    lengths = {name: len(values) for name, values in curves.items()}
    if len(set(lengths.values())) > 1:
        raise TableFileError(f"{where}: its curves have different lengths: {lengths}")
    return Log(
        dataset=dataset,
        number=_number(content, "recepie_id", where),
        recipe=_text(content, "recepie", where),
        network={name: _number(content, key, where, least=1) for key, name in NETWORK.items()},
        params=_number(content, "num_params", where),
        curves=curves,
        planned=planned,
        status=_text(content, "status", where),
    )


def _text(content: Mapping[str, Any], key: str, where: str) -> str:
    value = content.get(key)
    if not isinstance(value, str):
        raise TableFileError(f"{where}: {key} is {brief(value)}; a text is wanted")
    return value


def _number(content: Mapping[str, Any], key: str, where: str, *, least: int = 0, most: int = 2**31) -> int:
    value = content.get(key)
    if type(value) is not int or not least <= value <= most:
        raise TableFileError(f"{where}: {key} is {brief(value)}; a whole number from {least} to {most:,} is wanted")
    return value


def _curve(content: Mapping[str, Any], key: str, epochs: int, where: str, *, most: float) -> NDArray[np.float64]:
    """Return a number of each epoch that was run; nan for one that is not finite."""
    values = content.get(key)
    if not isinstance(values, list) or len(values) > epochs:
        raise TableFileError(f"{where}: {key} is {brief(values)}; a list of at most {epochs} numbers is wanted")
    for epoch, value in enumerate(values, start=1):
        diverged = type(value) is float and not math.isfinite(value)
        if not diverged and (type(value) not in {int, float} or not 0 <= value <= most):
            raise TableFileError(
                f"{where}: {key} after epoch {epoch} is {brief(value)}; a number from 0 to {most:g} is wanted"
            )
    found = np.array(values, dtype=np.float64)
    return np.where(np.isfinite(found), found, np.nan)
