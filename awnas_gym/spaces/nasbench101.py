"""The cell of NAS-Bench-101 [Ying et al., ICML 2019]: any graph of 7 vertices and at most 9 edges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import check_sizes
from awnas_gym.errors import GenotypeError, IllegalArchitectureError, unknown
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.hashing import graph_hash
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.nasbench101_graphs import (
    EDGES,
    INTERIOR,
    MAX_EDGES,
    OPERATIONS,
    VERTICES,
    edges_missing_after,
    lowest_relabelled,
    prune,
    reached,
)
from awnas_gym.spaces.nasbench101_network import module

_GENOTYPE = re.compile(r"([01]{7}(?:/[01]{7}){6}) ([a-z0-9-]+(?:,[a-z0-9-]+){4})")


@final
class NASBench101(AbstractSpace):
    """An acyclic graph of an input, 5 interior vertices and an output, with one of 3 operations an interior vertex.

    The first 21 decisions say for each pair of vertices whether there is an edge, the last 5 the operations. The
    masks leave no illegal graph: at most 9 edges, and a path from the input to the output. Vertices that lie on no
    such path are cut off, as in the benchmark; so graphs of fewer vertices are here too.

    The network around it: 3x3 stem convolution, 3 stacks of 3 cells, the second and the third begun by a 2x2 max
    pooling and with twice the channels, global pooling, classifier.

    Args:
        channels: of the stem and the first stack.
        cells: a stack.
        image_channels: of the input.
        image_size: height and width of the input, in pixels.
        classes: of the classifier.
    """

    name = "nasbench101"
    cardinalities = (2,) * len(EDGES) + (len(OPERATIONS),) * INTERIOR
    decision_names = tuple(f"edge {source}->{target}" for source, target in EDGES) + tuple(
        f"vertex {vertex}" for vertex in range(1, VERTICES - 1)
    )
    unique_size = 423_624
    size = 573_494 * 3**INTERIOR  # graphs of at most 9 edges that join input and output, times the operations
    unconstrained = False

    def __init__(
        self,
        *,
        channels: int = 128,
        cells: int = 3,
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

    # ---------------------------------------------------------------- what is legal

    def mask(self, prefix: ArrayLike) -> NDArray[np.bool_]:
        """Return which choices can still lead to a legal graph, bool `[2]` or `[3]`."""
        row: NDArray[np.bool_] = self.masks(np.asarray(prefix, dtype=np.int64)[None])[0]
        return row

    def masks(self, prefixes: ArrayLike) -> NDArray[np.bool_]:
        """Return `mask` of each row: an edge is legal if 9 edges suffice to join input and output with it."""
        rows = np.asarray(prefixes)
        k = rows.shape[1]
        if k >= len(EDGES):
            return np.ones((len(rows), len(OPERATIONS)), dtype=np.bool_)
        needed = np.count_nonzero(rows == 1, axis=1)[:, None] + np.arange(2) + edges_missing_after(rows)
        legal: NDArray[np.bool_] = needed <= MAX_EDGES
        return legal

    def _check_constraints(self, rows: Archs) -> None:
        edges = np.ascontiguousarray(rows.T)[: len(EDGES)] == 1
        for row in rows[~reached(edges)[-1] | (edges.sum(axis=0, dtype=np.int8) > MAX_EDGES)]:
            self._explain(row)

    # ---------------------------------------------------------------- which graphs are the same

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return the isomorphic graph of lowest index, without the vertices that lie on no path to the output."""
        return lowest_relabelled(self.check(archs))

    def matrix(self, arch: ArrayLike) -> tuple[NDArray[np.int64], list[str]]:
        """Return the pruned graph: adjacency int64 `[n, n]` and n labels from `input` to `output`, n from 2 to 7."""
        edges, labels = prune(self.check(arch))
        adjacency = np.zeros((VERTICES, VERTICES), dtype=np.int64)
        for (source, target), edge in zip(EDGES, edges[:, 0], strict=True):
            adjacency[source, target] = edge
        kept = [v for v in range(VERTICES) if adjacency[v].any() or adjacency[:, v].any()]
        names = ["input", *(OPERATIONS[label] for label in labels[:, 0]), "output"]
        return adjacency[np.ix_(kept, kept)], [names[v] for v in kept]

    def from_matrix(self, adjacency: ArrayLike, operations: Sequence[str]) -> Archs:
        """Return the architecture of a graph of 2 to 7 vertices, as the data set writes it, int8 `[26]`.

        Raises:
            GenotypeError: it is no such graph.
        """
        given = np.asarray(adjacency)
        n = len(operations)
        if given.shape != (n, n) or not 2 <= n <= VERTICES or np.tril(given).any() or not np.isin(given, (0, 1)).all():
            raise GenotypeError(f"a graph has an upper triangular matrix of 2 to 7 vertices; got {given.tolist()!r}")
        if operations[0] != "input" or operations[-1] != "output":
            raise GenotypeError(f"the first vertex is 'input' and the last 'output'; got {list(operations)}")
        place = [*range(n - 1), VERTICES - 1]
        row = np.zeros(len(self.cardinalities), dtype=self.dtype)
        for source, target in np.argwhere(given):
            row[EDGES.index((place[source], place[target]))] = 1
        for vertex, name in enumerate(operations[1:-1]):
            if name not in OPERATIONS:
                raise GenotypeError(f"vertex {vertex + 1}: {unknown('operation', name, OPERATIONS)}")
            row[len(EDGES) + vertex] = OPERATIONS.index(name)
        try:
            self.check(row)
        except IllegalArchitectureError as error:
            raise GenotypeError(str(error)) from None
        return row

    def official_hash(self, arch: ArrayLike) -> str:
        """Return the authors' hash of the pruned graph, the key of their data set, 32 hexadecimal digits."""
        adjacency, names = self.matrix(arch)
        labels = [-1, *(OPERATIONS.index(name) for name in names[1:-1]), -2]
        return graph_hash(adjacency, labels)

    # ---------------------------------------------------------------- notation

    def genotype(self, arch: ArrayLike) -> str:
        """Return the adjacency matrix row by row and the operations: `0100110/0010000/… conv3x3-bn-relu,…`."""
        row = self.check(arch)[0].tolist()
        edges = dict(zip(EDGES, row[: len(EDGES)], strict=True))
        lines = ["".join(str(edges.get((v, w), 0)) for w in range(VERTICES)) for v in range(VERTICES)]
        return "/".join(lines) + " " + ",".join(OPERATIONS[choice] for choice in row[len(EDGES) :])

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[26]`."""
        match = _GENOTYPE.fullmatch(text.strip())
        if match is None:
            raise GenotypeError(
                f"{text!r} is no nasbench101 genotype; the form is 7 rows of 7 digits and 5 operations, "
                f"0100110/… conv3x3-bn-relu,…, with operations of {', '.join(OPERATIONS)}"
            )
        matrix = [[int(digit) for digit in line] for line in match[1].split("/")]
        return self.from_matrix(matrix, ["input", *match[2].split(","), "output"])

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return 7 vertices and the edges there are, open where a decision is -1."""
        row = np.asarray(arch).tolist()
        labels = [None if choice < 0 else OPERATIONS[choice] for choice in row[len(EDGES) :]]
        return ArchGraph(
            nodes=("input", *labels, "output"),
            edges=tuple(
                (source, target, None if choice < 0 else "")
                for (source, target), choice in zip(EDGES, row[: len(EDGES)], strict=True)
                if choice
            ),
        )

    # ---------------------------------------------------------------- the network

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the network, without the vertices that are cut off."""
        adjacency, names = self.matrix(arch)
        size, width = self._sizes["image_size"], self._sizes["channels"]
        layers = [
            LayerSpec("conv", self._sizes["image_channels"], width, size, size, kernel=3),
            LayerSpec("batch_norm", width, width, size, size),
            LayerSpec("relu", width, width, size, size),
        ]
        c_in = width
        for stack in range(3):
            if stack:
                layers.append(LayerSpec("max_pool", c_in, c_in, size, size, kernel=2, stride=2))
                size, width = -(-size // 2), width * 2
            for _ in range(self._sizes["cells"]):
                layers += module(adjacency, names, c_in, width, size)
                c_in = width
        return [
            *layers,
            LayerSpec("global_pool", c_in, c_in, size, size),
            LayerSpec("linear", c_in, self._sizes["classes"], 1, 1, bias=True),
        ]
