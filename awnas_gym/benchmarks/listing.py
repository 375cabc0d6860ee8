"""Which row of a table an architecture is: for tables that list architectures instead of holding a whole space.

A listed table has the columns `archs` (`row`, `decision`), the architectures as they were given, and an index of
their fingerprints: `fingerprint` (`entry`), sorted, and `entry_row` (`entry`). Beside each architecture the index has
the representative of its class, so that whoever asks for another member of a class gets its record: that of the
representative if it is listed, else that of the first member in the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.benchmarks.store import Column, TableFile
from awnas_gym.errors import TableFileError
from awnas_gym.spaces import AbstractSpace, Archs
from awnas_gym.spaces.hashing import fingerprints

CHUNK = 2**16
"""Architectures whose representatives are worked out at once."""


def listing_columns(space: AbstractSpace, archs: Archs) -> tuple[dict[str, Column], int]:
    """Return the columns that say which architectures a table lists, and how many classes these make.

    Args:
        space: of the architectures.
        archs: legal and all different, int `[rows, decisions]`.

    Raises:
        TableFileError: two rows are the same architecture.
    """
    own = space.fingerprint(archs)
    _, first, count = np.unique(own, return_index=True, return_counts=True)
    if (count > 1).any():
        twice = np.flatnonzero(own == own[first[np.argmax(count > 1)]])
        raise TableFileError(f"rows {twice[0]} and {twice[1]} are both {space.genotype(archs[twice[0]])}")
    parts = [archs[start : start + CHUNK] for start in range(0, len(archs), CHUNK)]
    classes = np.concatenate([space.fingerprint(space.canonical(part)) for part in parts])
    # `np.unique` takes the first of equals: an architecture before its class, and of a class the first row
    prints, entries = np.unique(np.concatenate([own, classes]), return_index=True)
    rows = (entries % len(archs)).astype(np.int64)
    columns = {
        "archs": Column(archs, ("row", "decision")),
        "fingerprint": Column(prints, ("entry",)),
        "entry_row": Column(rows, ("entry",)),
    }
    return columns, len(np.unique(classes))


@final
class Listing:
    """Finds rows of a listed table.

    Args:
        table: with the columns of `listing_columns`.
        space: its search space.

    Attributes:
        archs: those of the rows, int `[rows, decisions]`.

    Raises:
        TableFileError: the columns do not fit each other or the space.
    """

    def __init__(self, table: TableFile, space: AbstractSpace) -> None:
        self.space = space
        self.archs, self._prints, self._rows = _checked(table.columns, space, str(table.path))

    def rows(self, archs: ArrayLike) -> NDArray[np.int64]:
        """Return the row of each architecture, int64 `[batch]`; -1 where neither it nor its class is listed."""
        checked = self.space.check(archs)
        rows = self._find(fingerprints(checked))
        unknown = np.flatnonzero(rows < 0)
        if len(unknown):
            rows[unknown] = self._find(fingerprints(self.space.canonical(checked[unknown])))
        return rows

    def own_rows(self, archs: ArrayLike) -> NDArray[np.int64]:
        """Return the row of each architecture as it is written, int64 `[batch]`; -1 where it is not listed itself."""
        checked = self.space.check(archs)
        rows = self._find(self.space.fingerprint(checked))  # of a representative that is not listed, a member's
        return np.where((self.archs[rows] == checked).all(axis=1), rows, -1)

    def _find(self, prints: NDArray[np.uint64]) -> NDArray[np.int64]:
        order = np.argsort(prints)  # neighbours are then looked for one after another, in the same part of memory
        places = np.empty(len(prints), dtype=np.int64)
        places[order] = np.minimum(np.searchsorted(self._prints, prints[order]), len(self._prints) - 1)
        return np.where(self._prints[places] == prints, self._rows[places], -1)


def _checked(
    columns: Mapping[str, Column], space: AbstractSpace, path: str
) -> tuple[Archs, NDArray[np.uint64], NDArray[np.int64]]:
    """Return `archs`, `fingerprint` and `entry_row`."""
    wanted = {"archs": ("row", "decision"), "fingerprint": ("entry",), "entry_row": ("entry",)}
    for name, dims in wanted.items():
        if name not in columns or columns[name].dims != dims:
            raise TableFileError(f"{path}: a table with rows needs a column {name} with the axes {dims}")
    archs, prints, rows = (columns[name].values for name in wanted)
    limits = np.asarray(space.cardinalities)
    if archs.shape[1] != len(limits) or archs.dtype != space.dtype or not len(archs):
        raise TableFileError(
            f"{path}: archs is {archs.dtype} of shape {list(archs.shape)}; "
            f"{space.name} wants {space.dtype} of [rows, {len(limits)}]"
        )
    if (archs.view(f"u{archs.itemsize}").max(axis=0) >= limits).any():  # what is negative becomes large
        raise TableFileError(f"{path}: archs holds decisions outside {space.name}")
    if prints.dtype != np.uint64 or rows.dtype != np.int64 or len(prints) != len(rows):
        raise TableFileError(f"{path}: fingerprint (uint64) and entry_row (int64) have one entry each for the other")
    if not (prints[1:] > prints[:-1]).all() or rows.min() < 0 or rows.max() >= len(archs):
        raise TableFileError(f"{path}: fingerprint is not sorted, or entry_row points outside the table")
    return archs, prints, rows
