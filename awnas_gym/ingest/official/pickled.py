"""Where the pickle begins in a large official file: a bare one, one packed by bzip2, or either form of `torch.save`."""

from __future__ import annotations

import bz2
import contextlib
import mmap
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.pickles import parse_pickle

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
"""What files of `torch.save` before its version 1.6 begin with."""

_LOCAL_HEADER = 30


@contextlib.contextmanager
def mapped_pickle(path: Path) -> Iterator[tuple[mmap.mmap, int]]:
    """Give a file mapped into memory, and the byte where the pickle in it begins.

    What is packed by bzip2 is unpacked into a temporary file first.

    Raises:
        MissingDataError: no such file.
        TableFileError: it is none of those forms, or damaged.
    """
    if not path.is_file():
        raise MissingDataError(f"no file at {path}")
    with contextlib.ExitStack() as stack:
        source = path
        with path.open("rb") as file:
            packed = file.read(3) == b"BZh"
        if packed:
            unpacked = stack.enter_context(tempfile.NamedTemporaryFile(suffix=".pickle"))
            try:
                with bz2.open(path, "rb") as whole:
                    shutil.copyfileobj(whole, unpacked, 2**20)
            except (OSError, EOFError, ValueError) as error:
                raise TableFileError(f"{path} cannot be unpacked: {error}") from error
            unpacked.flush()
            source = Path(unpacked.name)
        mapped = stack.enter_context(source.open("rb"))
        try:
            data = stack.enter_context(mmap.mmap(mapped.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError as error:
            raise TableFileError(f"{path} is empty") from error
        yield data, _begin(path, data)


def _begin(path: Path, data: mmap.mmap) -> int:
    if data[:2] == b"PK":
        return _in_archive(path, data)
    if data[:1] != b"\x80":
        raise TableFileError(f"{path} is no pickle: it begins with {data[:4]!r}")
    first, at = _one(path, data, 0)
    if first != TORCH_MAGIC:
        return 0
    for _ in range(2):  # the protocol, and the system that wrote it
        _, at = _one(path, data, at)
    return at


def _one(path: Path, data: mmap.mmap, at: int) -> tuple[object, int]:
    """Return a small pickle in front of the large one, and where the next begins; None where it is large itself."""
    end = data.find(b".", at, at + 4096)
    while end >= 0:
        try:
            return parse_pickle(data[at : end + 1], where=str(path)), end + 1
        except TableFileError:  # the full stop was part of a value
            end = data.find(b".", end + 1, at + 4096)
    return None, at


def _in_archive(path: Path, data: mmap.mmap) -> int:
    """Return where `data.pkl` begins in an archive of `torch.save`, which does not compress it."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith("/data.pkl")]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise TableFileError(f"{path} is a damaged archive: {error}") from error
    if len(members) != 1 or members[0].compress_type != zipfile.ZIP_STORED:
        raise TableFileError(
            f"{path} is no archive of torch.save: it holds {len(members)} data.pkl, or a compressed one"
        )
    header = members[0].header_offset
    name, extra = (int.from_bytes(data[header + i : header + i + 2], "little") for i in (26, 28))
    return header + _LOCAL_HEADER + name + extra
