"""What a card says of the file that its numbers come from, and whether that file is the official one."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.ingest.official.downloads import DOWNLOADS
from awnas_gym.ingest.official.imported import Bar, Progress

CHUNK = 2**20
"""Bytes that are read at once."""


def describe_source(path: Path, bar: Bar) -> dict[str, Any]:
    """Return `file`, `sha256` and whether that is `verified`; of a folder `folder`, `files` and `bytes`.

    A file is verified if its checksum is one of `DOWNLOADS`.

    Args:
        path: of a file or a folder.
        bar: makes the progress bar of the checksum.

    Raises:
        MissingDataError: there is nothing.
        TableFileError: the file is called like an official one, and is another.
    """
    if path.is_dir():
        sizes = [each.stat().st_size for each in path.rglob("*") if each.is_file()]
        return {"folder": path.name, "files": len(sizes), "bytes": sum(sizes)}
    if not path.is_file():
        raise MissingDataError(f"no file or folder at {path}")
    try:
        with bar("checksum", "B") as progress:
            found = sha256_of(path, progress)
    except OSError as error:
        raise MissingDataError(f"cannot read {path}: {error.strerror}") from error
    for row in DOWNLOADS.values():
        if row.file == path.name and row.sha256 not in {None, found}:
            raise TableFileError(
                f"{path} has the SHA-256 {found}, the official {row.file} {row.sha256}: it is damaged or something "
                "else; fetch it again, or give it another name"
            )
    return {"file": path.name, "sha256": found, "verified": found in {row.sha256 for row in DOWNLOADS.values()}}


def sha256_of(path: Path, progress: Progress) -> str:
    """Return the SHA-256 of a file in hexadecimal digits; progress is in bytes."""
    digest, done, size = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            progress(done, size)
    return digest.hexdigest()
