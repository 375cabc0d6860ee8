"""TFRecord files without TensorFlow: framing and checksums.

A record is its length (uint64, little endian), the masked CRC-32C of these eight bytes (uint32), the data, and the
masked CRC-32C of the data.
"""

from __future__ import annotations

import functools
import itertools
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import MissingDataError, TableFileError

BATCH, MOST_BYTES = 8192, 2**20
"""Records that are checked at once, and the longest that is read."""

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_MASK = 0xA282EAD8


def read_records(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Yield batches of records, each with the number of its first one; every checksum is checked before.

    Raises:
        MissingDataError: no such file.
        TableFileError: names the record that is truncated, too long or has a wrong checksum.
    """
    if not path.is_file():
        raise MissingDataError(f"no file at {path}")
    first = 0
    with path.open("rb") as file:
        while frames := list(itertools.islice(_frames(path, file, first), BATCH)):
            found = masked_crc32c([data for data, _ in frames])
            wrong = np.flatnonzero(found != np.array([crc for _, crc in frames], dtype=np.uint32))
            if len(wrong):
                raise TableFileError(
                    f"{path}: record {first + wrong[0]}: the checksum of its data differs; fetch it again"
                )
            yield first, [data for data, _ in frames]
            first += len(frames)
    if first == 0:
        raise TableFileError(f"{path} holds no records")


def _frames(path: Path, file: BinaryIO, number: int) -> Iterator[tuple[bytes, int]]:
    """Yield of each record its data and the checksum that the file gives; the length's own is checked here."""
    while header := file.read(_HEADER.size):
        if len(header) < _HEADER.size:
            raise TableFileError(f"{path}: record {number} is truncated: {len(header)} bytes of its header")
        length, length_crc = _HEADER.unpack(header)
        if length_crc != _checksum_of_length(header[:8]):
            raise TableFileError(
                f"{path}: record {number}: the checksum of its length differs; it is damaged, or this no TFRecord file"
            )
        if length > MOST_BYTES:
            raise TableFileError(f"{path}: record {number} has {length:,} bytes; at most {MOST_BYTES:,} are read")
        body = file.read(length + _FOOTER.size)
        if len(body) < length + _FOOTER.size:
            raise TableFileError(f"{path}: record {number} is truncated: {len(body)} of {length + _FOOTER.size} bytes")
        yield body[:length], _FOOTER.unpack_from(body, length)[0]
        number += 1


@functools.lru_cache(maxsize=4096)  # records have few different lengths
def _checksum_of_length(raw: bytes) -> int:
    return int(masked_crc32c([raw])[0])


def masked_crc32c(records: list[bytes]) -> NDArray[np.uint32]:
    """Return the checksum that TFRecord files store of each record, uint32 `[records]`."""
    crc = crc32c(records)
    masked: NDArray[np.uint32] = ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(_MASK)
    return masked


def crc32c(records: list[bytes]) -> NDArray[np.uint32]:
    """Return the CRC-32C (Castagnoli) of each record, uint32 `[records]`: byte by byte, all records abreast."""
    table = _table()
    sizes = np.array([len(record) for record in records])
    order = np.argsort(-sizes, kind="stable")  # the longest first, so that those with bytes left stand in front
    padded = np.zeros((len(records), int(sizes.max(initial=0))), dtype=np.uint8)
    for row, i in enumerate(order.tolist()):
        padded[row, : sizes[i]] = np.frombuffer(records[i], dtype=np.uint8)
    columns = np.ascontiguousarray(padded.T)
    left = len(records) - np.searchsorted(sizes[order][::-1], np.arange(len(columns)), side="right")
    state = np.full(len(records), 0xFFFFFFFF, dtype=np.uint32)
    for column, n in zip(columns, left.tolist(), strict=True):
        part = state[:n]
        state[:n] = table[(part ^ column[:n]) & np.uint32(0xFF)] ^ (part >> np.uint32(8))
    found = np.empty_like(state)
    found[order] = ~state
    return found


@functools.cache
def _table() -> NDArray[np.uint32]:
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = np.where(
            values & np.uint32(1), (values >> np.uint32(1)) ^ np.uint32(0x82F63B78), values >> np.uint32(1)
        )
    return values
