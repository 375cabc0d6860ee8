"""A reader of pickles that runs nothing: containers, numbers, text and numeric arrays come out, all else is refused.

Benchmarks are published as pickles, and Python's own reader calls whatever a pickle names. This one interprets the
opcodes that data needs (`machine`), and looks names up in a table of its own (`names`). Protocols 2 to 5; text that
Python 2 wrote comes out as bytes, as `pickle.loads` gives it with `encoding="bytes"`.
"""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.pickles.machine import Machine
from awnas_gym.pickles.names import check_plain

MOST_BYTES = 2**28
"""Of a pickle, unpacked."""

LONG = 2
"""A number that NumPy wrote takes up to 14 opcodes, and 330,000 of them are in a file of NAS-Bench-ASR."""

_OPENERS: dict[bytes, Callable[..., Any]] = {b"BZh": bz2.open, b"\x1f\x8b\x08": gzip.open}


def read_pickle(path: Path, *, records: Collection[str] = ()) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return what a pickle holds, also one packed by bzip2 or gzip.

    Args:
        path: of the file.
        records: classes, `module.name`, whose instances are admitted: as dictionaries of their attributes.

    Raises:
        MissingDataError: no such file.
        TableFileError: it is no pickle, too large, damaged, or holds something else than plain data.
    """
    return parse_pickle(_unpacked(path), where=str(path), records=records)


def read_pickles(path: Path, *, count: int) -> list[Any]:
    """Return what so many pickles hold that stand one after another in a file; raises as `read_pickle`.

    They may be longer than single ones: `LONG` times as many opcodes are run. What follows them is not looked at.
    """
    data, at, values = _unpacked(path), 0, []
    for number in range(count):
        if at >= len(data):
            raise TableFileError(f"{path} ends after {number} of {count} pickles")
        machine = Machine(data, frozenset(), at=at)
        values.append(_run(machine, str(path), times=LONG))
        at = machine.at
    return values


def _unpacked(path: Path) -> bytes:
    """Return the bytes of a file, unpacked if it is packed."""
    if not path.is_file():
        raise MissingDataError(f"no file at {path}")
    try:
        with path.open("rb") as file:
            opener = _OPENERS.get(file.read(3), open)
        with opener(path, "rb") as file:
            data: bytes = file.read(MOST_BYTES + 1)
    except Exception as error:  # the packers raise whatever they like
        raise TableFileError(f"{path} cannot be unpacked: {error or type(error).__name__}") from error
    if len(data) > MOST_BYTES:
        raise TableFileError(f"{path} unpacks to more than {MOST_BYTES:,} bytes, the most that is read of a pickle")
    return data


def parse_pickle(data: bytes, *, where: str, records: Collection[str] = ()) -> Any:  # noqa: ANN401
    """Return what a pickle in memory holds; `where` is its name in errors. See `read_pickle`.

    Byte arrays come out as bytes, and arrays are read-only.
    """
    return _run(Machine(data, frozenset(records)), where)


def _run(machine: Machine, where: str, *, times: int = 1) -> Any:  # noqa: ANN401
    try:
        value = machine.run(times=times)
        check_plain(value)
    except Exception as error:  # damage shows itself in every way there is
        raise damaged(machine, error, where) from error
    return value


def damaged(machine: Machine, error: Exception, where: str) -> TableFileError:
    """Return what is said of a pickle that raised `error`."""
    reason = str(error) if isinstance(error, ValueError) else f"it is damaged ({type(error).__name__})"
    if isinstance(error, EOFError) or (isinstance(error, IndexError) and machine.at >= len(machine.data)):
        reason = "it ends too early"
    return TableFileError(f"{where} is no pickle of plain data: {reason}, at byte {machine.at:,}")
