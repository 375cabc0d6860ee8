"""Tables made of what other packages ship: read where the user has installed them, without importing them."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks.store import Column, TableFile, open_table, write_table
from awnas_gym.config import brief
from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.home import home

_LOG = logging.getLogger(__name__)

READING = 1
"""Rises when something else is made of a package's file: what was kept of it before is then made again."""


class Contents(NamedTuple):
    """What `write_table` writes."""

    space: dict[str, Any]
    card: dict[str, Any]
    columns: dict[str, Column]


def packaged_table(name: str, *, package: str, module: str, file: str, read: Callable[[Path], Contents]) -> TableFile:
    """Return the table of a file that a package ships.

    It is made once, and kept as `$AWNAS_HOME/cache/<name>-….awnas` under the checksum of the file.

    Args:
        name: of the table.
        package: what pip calls it.
        module: in which the file is; it is looked for, never imported.
        file: its path within the module.
        read: makes the table of the file.

    Raises:
        MissingDataError: the package is not installed, or has no such file.
        TableFileError: the file is damaged, or is not what it should be.
        RunFolderError: the table cannot be kept.
    """
    path = _find(name, package, module, file)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    kept = home() / "cache" / f"{name}-{READING}-{digest[:16]}.awnas"
    _LOG.info("%s: read from %s of the package %s, kept as %s", name, path, package, kept)
    try:
        return open_table(kept)
    except (MissingDataError, TableFileError):  # not made yet, or damaged
        space, card, columns = read(path)
    card["source"] = {"package": f"{package} {_version(package)}".strip(), "file": file, "sha256": digest}
    write_table(kept, space=space, card=card, columns=columns)
    return open_table(kept)


def _find(name: str, package: str, module: str, file: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None:
        raise MissingDataError(
            f"{name} is read from the package {package}, which is not installed: pip install {package}"
        )
    for folder in spec.submodule_search_locations or ():
        if (Path(folder) / file).is_file():
            return Path(folder) / file
    raise MissingDataError(
        f"{name} is read from the package {package}, but {module} ({spec.origin}) has no file {file}"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # on the path without having been installed
        return ""


def numbers(path: Path, entries: Mapping[Any, Any], field: str, *, most: float) -> NDArray[np.float64]:
    """Return a field of every entry, float64 `[entries]`; `TableFileError` for one that is not in [0, `most`]."""
    found = np.empty(len(entries))
    for i, (key, entry) in enumerate(entries.items()):
        value = entry.get(field) if isinstance(entry, dict) else None
        if (
            not isinstance(value, (int, float, np.integer, np.floating))
            or isinstance(value, bool)
            or not 0 <= value <= most
        ):
            raise TableFileError(
                f"{path}: {field} of {brief(key)} is {brief(value)}; a number from 0 to {most:g} is wanted"
            )
        found[i] = value
    return found
