"""Reading the columns of a CSV, Parquet or NPZ file that anybody may have written."""

from __future__ import annotations

import csv
import gzip
import io
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import MissingDataError, MissingExtraError, TableFileError, unknown

Columns = dict[str, NDArray[Any]]
"""Name -> values: text `[rows]`, numbers `[rows]`, or whole numbers `[rows, decisions]`."""


def read_columns(path: Path) -> Columns:
    """Return the columns of a file; its ending says what it is.

    Args:
        path: `.csv`, `.tsv` (both also with `.gz`), `.parquet` or `.npz`.

    Raises:
        MissingDataError: no such file.
        MissingExtraError: Parquet without pyarrow.
        TableFileError: not that kind of file, damaged, or columns of different lengths.
    """
    if not path.is_file():
        raise MissingDataError(f"no file at {path}")
    name = path.name.lower().removesuffix(".gz")
    ending = name[name.rfind(".") :] if "." in name else ""
    if ending not in READERS:
        raise TableFileError(f"{path}: {unknown('kind of file', ending, READERS)}")
    try:
        columns = READERS[ending](path)
    except (OSError, EOFError, ValueError, zlib.error, csv.Error, zipfile.BadZipFile, *_UNUSUAL) as error:
        if isinstance(error, TableFileError):
            raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise TableFileError(f"{path} cannot be read as {ending}: {reason}") from error
    lengths = {len(values) for values in columns.values()}
    if not columns or lengths == {0}:
        raise TableFileError(f"{path} holds no rows")
    if len(lengths) > 1:
        sizes = ", ".join(f"{key} {len(values):,}" for key, values in columns.items())
        raise TableFileError(f"{path}: the columns have different lengths: {sizes}")
    return columns


MOST_BYTES = 2**30
"""Of a packed file, unpacked."""

_UNUSUAL = (
    KeyError,
    TypeError,
    SyntaxError,
    MemoryError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    tokenize.TokenError,
)
"""What NumPy and zipfile raise for headers that lie."""


def _read_csv(path: Path) -> Columns:
    packed = path.name.lower().endswith(".gz")
    with gzip.open(path) if packed else path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1 if packed else -1)
    if packed and len(raw) > MOST_BYTES:
        raise TableFileError(f"{path} unpacks to more than {MOST_BYTES:,} bytes, the most that is read")
    delimiter = "\t" if ".tsv" in path.name.lower() else ","
    rows = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=delimiter, strict=True)
    names = [name.strip() for name in next(rows, [])]
    for i, name in enumerate(names):
        if not name or name in names[:i]:
            raise TableFileError(
                f"{path}: column {i + 1} of the first line is {name!r}; names differ and say something"
            )
    records = []
    for row in rows:
        if row and len(row) != len(names):
            raise TableFileError(f"{path}: line {rows.line_num} has {len(row)} values for {len(names)} columns")
        if row:
            records.append(row)
    return {
        name: np.array(values, dtype=object) for name, values in zip(names, zip(*records, strict=True), strict=False)
    }


def _read_parquet(path: Path) -> Columns:
    try:
        from pyarrow import parquet  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError("pyarrow", "parquet") from error
    table = parquet.read_table(path)
    columns: Columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = column.to_pylist()
        if any(isinstance(value, list) for value in values):
            columns[name] = np.array(values, dtype=np.int64)
        else:
            columns[name] = np.array(values, dtype=object)
    return columns


def _read_npz(path: Path) -> Columns:
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
            raise TableFileError(f"{path} unpacks to more than {MOST_BYTES:,} bytes, the most that is read")
    with np.load(path, allow_pickle=False) as file:
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise TableFileError(f"{path} is no archive of arrays")
        columns = {name: np.asarray(file[name]) for name in file.files}
    for name, values in columns.items():
        if values.ndim not in {1, 2}:
            raise TableFileError(f"{path}: {name} has shape {list(values.shape)}; rows are its first axis")
    return columns


READERS: dict[str, Callable[[Path], Columns]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".parquet": _read_parquet,
    ".npz": _read_npz,
}
