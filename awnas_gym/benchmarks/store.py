"""The file a benchmark is kept in: named columns, memory-mapped, with a schema version and checksums.

Layout: `AWNASTAB`, the header's length (uint64, little endian), SHA-256 of the header, the header (JSON), then the
columns, each at a multiple of 64 bytes. The header holds the size of what follows it and the SHA-256 of each column: so
opening takes no longer for a large table, and nothing is used before it was checked. Nothing is ever executed.
"""

from __future__ import annotations

import hashlib
import json
import math
import mmap
import os
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.files import write_atomically

MAGIC = b"AWNASTAB"
SCHEMA = 2
_PREFIX = struct.Struct("<8sQ32s")
_ALIGN = 64
_DTYPES = frozenset({"uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "uint64", "float32", "float64"})


@final
class Column:
    """Values of one metric.

    Args:
        values: as stored; multiply by nothing, divide by `denominator`.
        dims: the meaning of each axis: `arch`, `class` or `row`, then any of `trial`, `epoch`.
        denominator: 500 for counts of correct images among 500, else 1.
        check: called before the values are first given out; raises if they are damaged.
    """

    def __init__(
        self,
        values: NDArray[Any],
        dims: tuple[str, ...],
        denominator: int = 1,
        check: Callable[[], None] | None = None,
    ) -> None:
        self._values, self._check = values, check
        self.dims, self.denominator = dims, denominator

    @property
    def values(self) -> NDArray[Any]:
        """The values; `TableFileError` if they are not those that were written."""
        if self._check is not None:
            self._check()
            self._check = None
        return self._values

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the values, which are not read for it."""
        return self._values.shape


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
    offset, described, parts = 0, {}, list[memoryview]()
    for name, column in columns.items():
        values = column.values
        if values.dtype.name not in _DTYPES or values.ndim != len(column.dims):
            raise TableFileError(
                f"column {name}: type {values.dtype} with {values.ndim} axes for dims {column.dims}; "
                f"legal types: {', '.join(sorted(_DTYPES))}"
            )
        raw = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8)
        padding = bytes(-raw.nbytes % _ALIGN)
        described[name] = {
            "dtype": values.dtype.name,
            "shape": list(values.shape),
            "dims": list(column.dims),
            "denominator": column.denominator,
            "offset": offset,
            "sha256": _digest(raw.data, padding),
        }
        parts += [raw.data, memoryview(padding)]
        offset += raw.nbytes + len(padding)
    header = json.dumps(
        {"schema": SCHEMA, "space": space, "card": card, "columns": described, "bytes": offset}
    ).encode()
    header += b" " * (-(_PREFIX.size + len(header)) % _ALIGN)
    digest = hashlib.sha256(header).digest()
    write_atomically(path, [_PREFIX.pack(MAGIC, len(header), digest), header, *parts])
    return digest.hex()


def open_table(path: Path) -> TableFile:
    """Map a table into memory; the header is checked at once, a column when its values are first asked for.

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
    start = _PREFIX.size + header_length
    if start > size:
        raise TableFileError(f"{path} is truncated: its header of {header_length} bytes goes beyond the file")
    raw = data[_PREFIX.size : start]
    header = _header(path, raw)
    if hashlib.sha256(raw).digest() != digest:
        raise TableFileError(f"{path} is altered: the checksum of its header differs; make or fetch it again")
    if size - start != header.get("bytes"):
        raise TableFileError(
            f"{path} is truncated or altered: {size - start:,} bytes follow its header, not {header.get('bytes')}; "
            "make or fetch it again"
        )
    try:
        columns = {name: _column(path, name, data, start, about) for name, about in header["columns"].items()}
    except (KeyError, TypeError, ValueError) as error:
        raise TableFileError(f"{path} is damaged: a column is described wrongly: {error}") from error
    return TableFile(path, header["space"], header["card"], columns, digest.hex())


def verify_table(path: Path) -> TableFile:
    """Open a table and check every column; raises as `open_table`."""
    table = open_table(path)
    for column in table.columns.values():
        column.values  # noqa: B018 - it is checked when it is read
    return table


def _digest(*parts: bytes | memoryview | mmap.mmap) -> str:
    """Return the SHA-256 of a column's bytes, in hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


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


def _column(path: Path, name: str, data: mmap.mmap, start: int, about: Any) -> Column:  # noqa: ANN401 - of the header
    """Return a column as a view of the file; `KeyError`, `TypeError` or `ValueError` if there is no such."""
    dims, shape, denominator, offset = (about[key] for key in ("dims", "shape", "denominator", "offset"))
    digest = about["sha256"]
    if about["dtype"] not in _DTYPES:
        raise ValueError(f"type {about['dtype']!r}; legal: {', '.join(sorted(_DTYPES))}")
    if not all(type(number) is int and number >= 0 for number in (*shape, denominator, offset)) or denominator == 0:
        raise ValueError(
            f"shape {shape}, denominator {denominator}, offset {offset}: whole numbers from 0 (1) are legal"
        )
    if not all(isinstance(each, str) for each in dims) or len(dims) != len(shape):
        raise ValueError(f"axes {dims} for the shape {shape}")
    if not isinstance(digest, str):
        raise ValueError(f"sha256 {digest!r} is no text")
    dtype = np.dtype(about["dtype"]).newbyteorder("<")
    size = math.prod(shape) * dtype.itemsize
    first, end = start + offset, start + offset + size + -size % _ALIGN
    if end > len(data):
        raise ValueError(f"shape {shape} at {offset} goes beyond the file")
    values = np.frombuffer(data, dtype=dtype, count=math.prod(shape), offset=first)

    def check() -> None:
        with memoryview(data) as view, view[first:end] as part:
            if _digest(part) != digest:
                raise TableFileError(f"{path} is altered: the checksum of {name} differs; make or fetch it again")

    return Column(values.reshape(shape), tuple(dims), denominator, check)
