"""What cells of NASNet's form share: a normal and a reduce cell whose nodes sum two operations on earlier values."""

from __future__ import annotations

import functools
import itertools
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import check_sizes
from awnas_gym.errors import GenotypeError, unknown
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.cells_network import Cell, network
from awnas_gym.spaces.layers import LayerSpec

CELLS = ("normal", "reduce")
INPUTS = 2
"""Values that a cell reads, the outputs of the two cells before it; they are numbered 0 and 1, its nodes follow."""

Edges = list[tuple[str, int]]
"""Of one cell the (operation, value read) of its nodes, two a node."""

Wiring = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Values that are read and operations on them, both int64 `[..., nodes, 2]`."""


class AbstractCells(AbstractSpace):
    """Two cells of nodes; a node is the sum of two operations on values before it. A subclass gives the encoding.

    The network: a 3x3 stem convolution of three times the channels, then cells. Those at a third and two thirds are
    reduce cells: operations on the inputs halve the image, and the channels double. The inputs of a cell go through a
    1x1 convolution first, one of double size through a factorised reduction. Then global pooling and a classifier.

    Args:
        channels: of the first cells.
        cells: in the network.
        image_channels: of the input.
        image_size: height and width of the input, in pixels.
        classes: of the classifier.

    Attributes:
        operations: their names, in the order of the choices.
        nodes: a cell.
        reads_twice: whether both operations of a node may read one value.
    """

    operations: ClassVar[tuple[str, ...]]
    nodes: ClassVar[int]
    reads_twice: ClassVar[bool] = False

    def __init__(
        self,
        *,
        channels: int = 36,
        cells: int = 20,
        image_channels: int = 3,
        image_size: int = 32,
        classes: int = 10,
    ) -> None:
        self._sizes = {
            "channels": channels,
            "cells": cells,
            "image_channels": image_channels,
            "image_size": image_size,
            "classes": classes,
        }
        check_sizes(self._sizes, where=self.name)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(self._sizes)

    # ---------------------------------------------------------------- what an encoding must say

    @abstractmethod
    def wiring(self, archs: ArrayLike) -> Wiring:
        """Return what each node reads and does, two arrays int64 `[batch, 2 cells, nodes, 2]`; -1 where it is open."""

    @abstractmethod
    def from_wiring(self, sources: NDArray[np.int64], operations: NDArray[np.int64]) -> Archs:
        """Return the architectures, the inverse of `wiring`."""

    @abstractmethod
    def _ends(self, sources: list[list[int]]) -> list[int]:
        """Return which values a cell concatenates, given what its nodes read."""

    @final
    def edges(self, arch: ArrayLike) -> tuple[Edges, Edges]:
        """Return the (operation, value read) of the normal and of the reduce cell, nodes in order, two each."""
        (sources,), (operations,) = self.wiring(self.check(arch)[:1])
        normal, reduce = (
            [(self.operations[o], s) for s, o in zip(read.ravel().tolist(), done.ravel().tolist(), strict=True)]
            for read, done in zip(sources, operations, strict=True)
        )
        return normal, reduce

    @final
    def from_edges(self, normal: Sequence[tuple[str, int]], reduce: Sequence[tuple[str, int]]) -> Archs:
        """Return the architecture of two lists of (operation, value read), two a node, int8 `[decisions]`.

        Raises:
            GenotypeError: no such operation, or a node reads one value twice where it may not, or one not before it.
        """
        wiring = np.empty((2, len(CELLS), self.nodes, 2), dtype=np.int64)
        for c, (cell, edges) in enumerate(zip(CELLS, (normal, reduce), strict=True)):
            for i, (operation, source) in enumerate(edges):
                if operation not in self.operations:
                    name = f"{cell} node {INPUTS + i // 2}"
                    raise GenotypeError(f"{name}: {unknown('operation', operation, self.operations)}")
                wiring[:, c, i // 2, i % 2] = source, self.operations.index(operation)
            for node, (a, b) in enumerate(wiring[0, c].tolist(), start=INPUTS):
                if not (0 <= a < node and 0 <= b < node and (a != b or self.reads_twice)):
                    two = "two values" if self.reads_twice else "two different values"
                    raise GenotypeError(f"{cell} node {node} reads {two} of 0 … {node - 1}; got {[a, b]}")
        arch: Archs = self.from_wiring(wiring[:1], wiring[1:])[0]
        return arch

    @final
    def ends(self, arch: ArrayLike) -> tuple[list[int], list[int]]:
        """Return which values the normal and the reduce cell concatenate."""
        normal, reduce = self.wiring(self.check(arch)[:1])[0][0].tolist()
        return self._ends(normal), self._ends(reduce)

    # ---------------------------------------------------------------- which are the same

    @final
    def canonical(self, archs: ArrayLike) -> Archs:
        """Return the architectures with the nodes of each cell in the order that gives the lowest numbers.

        Nodes may change places where each still reads earlier ones, and a node's two operations are a sum. That
        permutes the channels of what a cell concatenates: networks of a class differ in the order of weights alone.
        """
        sources, operations = self.wiring(self.check(archs))
        return self.from_wiring(*lowest_order(sources, operations, choices=len(self.operations)))

    # ---------------------------------------------------------------- graph and layers

    @final
    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return both cells side by side, edges labelled with operations.

        A node that may still read any earlier value has an open edge from each.
        """
        (sources,), (operations,) = self.wiring(np.asarray(arch, dtype=np.int64)[None])
        names: list[str] = ["input"]
        edges: list[tuple[int, int, str | None]] = []
        ends: list[int] = []
        for cell, read, done in zip(CELLS, sources.tolist(), operations.tolist(), strict=True):
            first = len(names)
            names += [f"{cell} {i}" for i in range(INPUTS + self.nodes)] + [cell]
            edges += [(0, first + i, "") for i in range(INPUTS)]
            for node, (pair, chosen) in enumerate(zip(read, done, strict=True), start=INPUTS):
                edges += [
                    (first + source, first + node, None if operation < 0 else self.operations[operation])
                    for source, operation in zip(pair, chosen, strict=True)
                    if source >= 0
                ]
                if min(pair) < 0:
                    edges += [(first + value, first + node, None) for value in range(node)]
            last = first + INPUTS + self.nodes
            undecided = any(min(pair) < 0 for pair in read)
            edges += [(first + end, last, None if undecided else "") for end in self._ends(read)]
            ends.append(last)
        edges += [(end, len(names), "") for end in ends]
        return ArchGraph((*names, "output"), tuple(edges))

    @final
    def cells(self, arch: ArrayLike) -> tuple[Cell, Cell]:
        """Return what the normal and the reduce cell of an architecture do."""
        sources, operations = self.wiring(self.check(arch)[:1])
        normal, reduce = (
            Cell(
                tuple(
                    tuple((s, self.operations[o]) for s, o in zip(*node, strict=True))
                    for node in zip(*cell, strict=True)
                ),
                ends=tuple(self._ends(cell[0])),
                mixed=self.mixes,
            )
            for cell in zip(sources[0].tolist(), operations[0].tolist(), strict=True)
        )
        return normal, reduce

    @final
    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the network in order of execution."""
        return network(*self.cells(arch), self._sizes)

    @property
    def mixes(self) -> bool:
        """Whether a 1x1 convolution brings what a cell concatenates back to its channels."""
        return False


def lowest_order(sources: NDArray[np.int64], operations: NDArray[np.int64], *, choices: int) -> Wiring:
    """Return the wiring of lowest key among all orders of the nodes, both int64 `[..., nodes, 2]`.

    Args:
        sources: values that are read, int64 `[..., nodes, 2]`.
        operations: on them, of the same shape.
        choices: number of operations.
    """
    nodes = sources.shape[-2]
    digits = (nodes + INPUTS) * choices  # (source, operation) pairs
    weights = (digits**2) ** np.arange(nodes)[::-1]
    lowest = np.full(sources.shape[:-2], np.iinfo(np.int64).max)
    for order in _orders(nodes):  # the new number of each value
        moved = order[sources]
        legal = (moved < order[INPUTS:, None]).all(axis=(-2, -1))
        pairs = moved * choices + operations
        low, high = pairs.min(axis=-1), pairs.max(axis=-1)
        keys = (low * digits + high) @ weights[order[INPUTS:] - INPUTS]
        lowest = np.where(legal, np.minimum(lowest, keys), lowest)
    pairs = np.stack(np.divmod(lowest[..., None] // weights % digits**2, digits), axis=-1)
    return pairs // choices, pairs % choices


@functools.cache
def _orders(nodes: int) -> list[NDArray[np.int64]]:
    """Return for each order of the nodes the new number of each value, int64 `[2 + nodes]`."""
    later = itertools.permutations(range(INPUTS, INPUTS + nodes))
    return [np.array([*range(INPUTS), *order], dtype=np.int64) for order in later]
