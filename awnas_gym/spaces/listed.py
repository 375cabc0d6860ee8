"""Some architectures of a space, which alone can be chosen: for benchmarks that trained a few of very many."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import GenotypeError, SettingError
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.layers import LayerSpec


@final
class Listed(AbstractSpace):
    """The architectures of a list as the leaves of a tree, of which each decision picks a branch.

    The list is sorted by the decisions of its own space. At the root, and again within each branch, it parts by the
    first of these decisions in which what is left differs; branch k is the k-th value of it that occurs. Once one
    architecture is left, 0 is the only choice.

    Genotypes are those of the space that the list is of, and so are `name` and `settings`: they build that space, in
    which genotypes can be read without the list. Each architecture of the list is a class of its own.

    Args:
        space: of the architectures.
        archs: legal, int `[n, decisions]`; what is there twice counts once.

    Raises:
        SettingError: there are not two different ones.
    """

    unconstrained = False

    def __init__(self, space: AbstractSpace, archs: ArrayLike) -> None:
        self._space = space
        self.name = space.name
        self._rows: Archs = np.unique(np.asarray(archs, dtype=space.dtype), axis=0)
        if len(self._rows) < 2:
            raise SettingError(f"{self.name}: there is nothing to choose in a list of {len(self._rows)} architectures")
        paths = _paths(self._rows)
        self.cardinalities = tuple((paths.max(axis=0) + 1).tolist())
        self.decision_names = tuple(f"branch {k}" for k in range(1, len(self.cardinalities) + 1))
        self._paths: Archs = paths.astype(self.dtype)
        self._row_keys, self._path_keys = _keys(self._rows), _keys(self._paths)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the space that the list is of."""
        return self._space.settings

    @property
    def size(self) -> int:
        """Number of architectures in the list."""
        return len(self._rows)

    @property
    def unique_size(self) -> int:
        """Number of architectures in the list."""
        return len(self._rows)

    # ---------------------------------------------------------------- what is legal

    def mask(self, prefix: ArrayLike) -> NDArray[np.bool_]:
        """Return which branches there are, bool `[choices]`."""
        row: NDArray[np.bool_] = self.masks(np.asarray(prefix, dtype=np.int64)[None])[0]
        return row

    def masks(self, prefixes: ArrayLike) -> NDArray[np.bool_]:
        """Return `mask` of each row."""
        rows = np.asarray(prefixes)
        last = self._paths[self._end(rows) - 1, rows.shape[1]]  # of the paths with this prefix, which are sorted
        legal: NDArray[np.bool_] = np.arange(self.cardinalities[rows.shape[1]]) <= last[:, None]
        return legal

    def _first(self, prefixes: NDArray[Any]) -> NDArray[np.int64]:
        """Return where the paths with each prefix begin, int64 `[batch]`."""
        return np.searchsorted(self._path_keys, self._padded(prefixes, 0))

    def _end(self, prefixes: NDArray[Any]) -> NDArray[np.int64]:
        """Return where they end."""
        return np.searchsorted(self._path_keys, self._padded(prefixes, np.iinfo(self.dtype).max), side="right")

    def _padded(self, prefixes: NDArray[Any], choice: int) -> NDArray[np.bytes_]:
        padded = np.full((len(prefixes), len(self.cardinalities)), choice, dtype=self.dtype)
        padded[:, : prefixes.shape[1]] = prefixes
        return _keys(padded)

    def _check_constraints(self, rows: Archs) -> None:
        for row in rows[self._first(rows) == self._end(rows)]:
            self._explain(row)

    # ---------------------------------------------------------------- what they are

    def in_space(self, archs: ArrayLike) -> Archs:
        """Return the decisions that architectures have in their own space, int `[batch, decisions]`."""
        found: Archs = self._rows[self._first(self.check(archs))]
        return found

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return `archs`: each is a class of its own."""
        return self.check(archs)

    def genotype(self, arch: ArrayLike) -> str:
        """Return the notation of the space."""
        return self._space.genotype(self.in_space(arch)[0])

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype, or the one of its class that is in the list, int `[decisions]`."""
        given = self._space.parse(text)[None]
        for rows in (given, self._space.canonical(given)):
            places = np.flatnonzero(self._row_keys == _keys(rows))
            if len(places):
                path: Archs = self._paths[places[0]]
                return path
        raise GenotypeError(f"{text} is a legal architecture, but none of the {self.size:,} in the list")

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return the graph of the space; open is what differs between the architectures that are left."""
        path = np.asarray(arch)
        decided = np.append(path, -1).argmin()
        prefix = path[None, :decided]
        left = self._rows[self._first(prefix)[0] : self._end(prefix)[0]]
        row = np.where((left == left[0]).all(axis=0), left[0], -1)
        if decided < len(path):
            row[-1] = -1  # also where one is left: the path is not at its end
        return self._space.graph(row)

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the space's network."""
        return self._space.layers(self.in_space(arch)[0])


def _paths(rows: Archs) -> NDArray[np.int64]:
    """Return the branches that lead to each of some sorted, different rows, int64 `[n, depth]`."""
    alone = rows.shape[1]
    turn = np.full(len(rows), alone)  # the first decision in which a row differs from the one before it
    turn[1:] = (rows[1:] != rows[:-1]).argmax(axis=1)
    starts = np.arange(len(rows)) == 0  # of what is together still
    branches = []
    while not starts.all():
        inner = np.where(starts, alone, turn)
        first, group = np.flatnonzero(starts), np.cumsum(starts) - 1
        parts = starts | (inner == np.minimum.reduceat(inner, first)[group]) & (inner < alone)
        count = np.cumsum(parts)
        branches.append(count - count[first][group])
        starts = parts
    return np.column_stack(branches)


def _keys(rows: Archs) -> NDArray[np.bytes_]:
    """Return rows of numbers from 0 as bytes that are in the same order, `[n]`."""
    big = np.ascontiguousarray(rows.astype(rows.dtype.newbyteorder(">")))
    return big.view(f"S{big.shape[1] * big.itemsize}").reshape(-1)
