"""IDX files: bytes under a header that says their shape."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import DataFileError

MOST_BYTES = 2**28
"""Of a file, unpacked."""


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Return the bytes in an IDX file, also one packed by gzip, in their shape.

    Raises:
        DataFileError: it is truncated, too long, or no IDX file of bytes.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataFileError(f"{path} cannot be read: {error}") from error
    rank = raw[3] if len(raw) > 3 else 0
    begin = 4 + 4 * rank
    if raw[:3] != b"\0\0\x08" or not rank or len(raw) < begin:
        raise DataFileError(f"{path} is no IDX file of bytes")
    shape = np.frombuffer(raw, dtype=">u4", count=rank, offset=4).tolist()
    if len(raw) != begin + math.prod(shape):
        raise DataFileError(f"{path} has {len(raw) - begin:,} bytes; its header says {shape}")
    return np.frombuffer(raw, dtype=np.uint8, offset=begin).reshape(shape)
