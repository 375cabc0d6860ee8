"""The file a benchmark is kept in: named columns, memory-mapped, with a schema version and a checksum.

Layout: `AWNASTAB`, the header's length (uint64, little endian), SHA-256 of all that follows, the header
(JSON), then the columns, each at a multiple of 64 bytes. Nothing in it is ever executed or unpickled.
"""

from __future__ import annotations

import hashlib
import json
import math
import mmap
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.files import write_atomically

MAGIC = b"AWNASTAB"
SCHEMA = 1
_PREFIX = struct.Struct("<8sQ32s")
_ALIGN = 64
_DTYPES = frozenset({"uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "uint64", "float32", "float64"})


@final
@dataclass(frozen=True, slots=True)
class Column:
    """Values of one metric.

    Attributes:
        values: as stored; multiply by nothing, divide by `denominator`.
        dims: the meaning of each axis: `arch`, `class` or `row`, then any of `trial`, `epoch`.
        denominator: 500 for counts of correct images among 500, else 1.
    """

    values: NDArray[Any]
    dims: tuple[str, ...]
    denominator: int = 1


@final
@dataclass(frozen=True, slots=True)
class TableFile:
    """An open table: its columns are views of the file, read by the operating system when touched.

    `card` says where the numbers come from; `space` names the search space and its settings.
    """

    path: Path
    space: dict[str, Any]
    card: dict[str, Any]
    columns: Mapping[str, Column]
    checksum: str


def write_table(path: Path, *, space: dict[str, Any], card: dict[str, Any], columns: Mapping[str, Column]) -> str:
    """Write a table atomically and return its checksum: a reader finds the old file or the whole new one."""
    offset, described, parts = 0, {}, []
    for name, column in columns.items():
        if column.values.dtype.name not in _DTYPES or column.values.ndim != len(column.dims):
            raise TableFileError(
                f"column {name}: type {column.values.dtype} with {column.values.ndim} axes for dims {column.dims}; "
                f"legal types: {', '.join(sorted(_DTYPES))}"
            )
        raw = np.ascontiguousarray(column.values).astype(column.values.dtype.newbyteorder("<")).tobytes()
        described[name] = {
            "dtype": column.values.dtype.name,
            "shape": list(column.values.shape),
            "dims": list(column.dims),
            "denominator": column.denominator,
            "offset": offset,
        }
        raw += bytes(-len(raw) % _ALIGN)
        offset += len(raw)
        parts.append(raw)
    header = json.dumps(
        {"schema": SCHEMA, "space": space, "card": card, "columns": described, "bytes": offset}
    ).encode()
    header += b" " * (-(_PREFIX.size + len(header)) % _ALIGN)
    body = header + b"".join(parts)
    digest = hashlib.sha256(body).digest()
    write_atomically(path, _PREFIX.pack(MAGIC, len(header), digest) + body)
    return digest.hex()


def open_table(path: Path) -> TableFile:
    """Map a table into memory and check it against its checksum.

    Raises:
        MissingDataError: no such file.
        TableFileError: no table, another schema, truncated or altered.
    """
    if not path.is_file():
        raise MissingDataError(f"no benchmark table at {path}")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < _PREFIX.size:
            raise TableFileError(f"{path} is no awnas_gym table: {size} bytes; make or fetch it again")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    magic, header_length, digest = _PREFIX.unpack_from(data)
    if magic != MAGIC:
        raise TableFileError(f"{path} is no awnas_gym table: it starts with {bytes(magic)!r}, not {MAGIC!r}")
    with memoryview(data) as view:
        if hashlib.sha256(view[_PREFIX.size :]).digest() != digest:
            raise TableFileError(f"{path} is truncated or altered: its checksum differs; make or fetch it again")
    start = _PREFIX.size + header_length
    if start > size:
        raise TableFileError(f"{path} is damaged: its header of {header_length} bytes goes beyond the file")
    header = _header(path, data[_PREFIX.size : start])
    try:
        columns = {name: _column(data, start, about) for name, about in header["columns"].items()}
    except (KeyError, TypeError, ValueError) as error:
        raise TableFileError(f"{path} is damaged: a column is described wrongly: {error}") from error
    return TableFile(path, header["space"], header["card"], columns, digest.hex())


def _header(path: Path, raw: bytes) -> dict[str, Any]:
    """Return the header: a mapping of this schema that holds `space`, `card` and `columns`, all mappings."""
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise TableFileError(f"{path} is damaged: its header is no JSON: {error}") from error
    if not isinstance(header, dict) or "schema" not in header:
        raise TableFileError(f"{path} is damaged: its header is no mapping with a schema")
    if header["schema"] != SCHEMA:
        raise TableFileError(f"{path} has schema {header['schema']!r}; this version reads {SCHEMA}")
    if not all(isinstance(header.get(key), dict) for key in ("space", "card", "columns")):
        raise TableFileError(f"{path} is damaged: space, card and columns are mappings")
    space = header["space"]
    if not isinstance(space.get("name"), str) or not isinstance(space.get("settings"), dict):
        raise TableFileError(f"{path} is damaged: space is a name and settings; got {space!r}")
    return header


def _column(data: mmap.mmap, start: int, about: Any) -> Column:  # noqa: ANN401 - whatever the header holds
    """Return a column as a view of the file; `KeyError`, `TypeError` or `ValueError` if there is no such."""
    dims, shape, denominator, offset = (about[key] for key in ("dims", "shape", "denominator", "offset"))
    if about["dtype"] not in _DTYPES:
        raise ValueError(f"type {about['dtype']!r}; legal: {', '.join(sorted(_DTYPES))}")
    if not all(type(number) is int and number >= 0 for number in (*shape, denominator, offset)) or denominator == 0:
        raise ValueError(
            f"shape {shape}, denominator {denominator}, offset {offset}: whole numbers from 0 (1) are legal"
        )
    if not all(isinstance(name, str) for name in dims) or len(dims) != len(shape):
        raise ValueError(f"axes {dims} for the shape {shape}")
    dtype = np.dtype(about["dtype"]).newbyteorder("<")
    if start + offset + math.prod(shape) * dtype.itemsize > len(data):
        raise ValueError(f"shape {shape} at {offset} goes beyond the file")
    values = np.frombuffer(data, dtype=dtype, count=math.prod(shape), offset=start + offset)
    return Column(values.reshape(shape), tuple(dims), denominator)
