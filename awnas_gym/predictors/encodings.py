"""Architectures as rows of bits: their choices, or the paths of their graphs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.predictors.graphs import Edge, GraphReader
from awnas_gym.spaces import AbstractSpace, Archs
from awnas_gym.spaces.parts import one_hot

SAMPLED = 1000
"""Architectures in which paths are looked for."""

MOST = 1000
"""Paths of one graph that are followed."""

Path = tuple[str, ...]


def bits_of_choices(space: AbstractSpace, archs: Archs) -> NDArray[np.float32]:
    """Return a bit for each choice of each decision, float32 `[n, sum of cardinalities]`."""
    return one_hot(archs, space.cardinalities).astype(np.float32)


def numbers_of_choices(space: AbstractSpace, archs: Archs) -> NDArray[np.int64]:
    """Return a number for each decision that says the choice and whose it is, int64 `[n, decisions]`, from 0 on."""
    numbers: NDArray[np.int64] = archs.astype(np.int64) + np.cumsum([0, *space.cardinalities[:-1]])
    return numbers


@final
class PathEncoding:
    """A bit for each of the most frequent paths [the truncated path encoding of White et al., AAAI 2021].

    A path is what one meets on the way from an input to the output: the operations; also the names of vertices into
    which edges without operations lead, so that cells are told apart. The authors keep the shortest paths that can be
    (40 of NAS-Bench-101, 30 of NAS-Bench-201, `none` among their operations), as these are the most frequent in random
    architectures; here it is counted in `SAMPLED` of them which are, for any space.

    Where graphs are chains, an architecture has one path, which hardly any other has: the bits are then those of its
    choices.

    Args:
        space: of the architectures.
        most: paths that are kept.

    Attributes:
        width: bits.
    """

    def __init__(self, space: AbstractSpace, most: int) -> None:
        self._space, self._reader = space, GraphReader(space)
        found = [self.paths(row) for row in space.sample(np.random.default_rng(0), SAMPLED)]
        self._places: dict[Path, int] | None = None
        if any(len(paths) > 1 for paths in found):
            counts = Counter(path for paths in found for path in paths)
            frequent = sorted(counts, key=lambda path: (-counts[path], path))[:most]
            self._places = {path: i for i, path in enumerate(frequent)}
        self.width = sum(space.cardinalities) if self._places is None else len(self._places)

    def __call__(self, archs: Archs) -> NDArray[np.float32]:
        """Return the bits of architectures, int `[n, decisions]`: float32 `[n, width]`."""
        if self._places is None:
            return bits_of_choices(self._space, archs)
        bits = np.zeros((len(archs), self.width), dtype=np.float32)
        for i, row in enumerate(archs):
            bits[i, [self._places[path] for path in self.paths(row) if path in self._places]] = 1
        return bits

    def paths(self, row: NDArray[np.signedinteger]) -> set[Path]:
        """Return the different paths of an architecture, at most `MOST` of those that are found."""
        names, edges = self._reader.read(row)
        after: list[list[Edge]] = [[] for _ in names]
        for edge in edges:
            after[edge[0]].append(edge)
        starts = set(range(max(1, len(names) - 1))) - {target for _, target, _ in edges}
        walks = (walk for start in sorted(starts) for walk in self._follow(start, names, after))
        return set(islice(walks, MOST))

    def _follow(self, vertex: int, names: list[str], after: list[list[Edge]]) -> Iterator[Path]:
        """Yield the paths from a vertex to the last one, its own name first if vertices are operations."""
        stack: list[tuple[int, Path]] = [(vertex, (names[vertex],) if self._reader.on_nodes else ())]
        while stack:
            at, path = stack.pop()
            if at == len(names) - 1:
                yield path
            for _, target, label in after[at]:
                shown: Path = (label,) if label else ()
                if target < len(names) - 1 and (self._reader.on_nodes or not label):
                    shown += (names[target],)
                stack.append((target, path + shown))
