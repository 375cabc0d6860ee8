"""The fields of a protocol buffer message, without its library: as much of the wire format as benchmarks use."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_DOUBLE = struct.Struct("<d")
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""


def fields(data: bytes) -> Iterator[tuple[int, int, int | float | bytes]]:
    """Yield (field number, wire type, value) in order: whole numbers, doubles, or bytes of strings and messages.

    Raises:
        ValueError: the message ends too early, or holds a wire type that proto2 messages of data do not have.
    """
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        kind = key & 7
        if kind == VARINT:
            value, at = _varint(data, at)
            yield key >> 3, kind, value
        elif kind == FIXED64:
            if at + 8 > end:
                raise ValueError("a message ends within a number")
            yield key >> 3, kind, _DOUBLE.unpack_from(data, at)[0]
            at += 8
        elif kind in {BYTES, FIXED32}:
            length, at = _varint(data, at) if kind == BYTES else (4, at)
            if at + length > end:
                raise ValueError(f"a field of {length:,} bytes goes beyond its message")
            yield key >> 3, kind, data[at : at + length]
            at += length
        else:
            raise ValueError(f"wire type {kind}; legal: 0, 1, 2, 5")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at a byte, and where the next field begins."""
    value = shift = 0
    while shift < 70:
        if at >= len(data):
            raise ValueError("a message ends within a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number of more than ten bytes")
