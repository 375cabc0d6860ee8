"""The spaces of NAS-Bench-1Shot1 [Zela et al., ICLR 2020]: cells of NAS-Bench-101 in which weights can be shared."""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import brief
from awnas_gym.errors import GenotypeError, SettingError
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.nasbench101 import NASBench101
from awnas_gym.spaces.nasbench101_graphs import EDGES, OPERATIONS, VERTICES

READS = {1: (1, 2, 2, 2, 2), 2: (1, 1, 2, 2, 3), 3: (1, 1, 1, 2, 2, 2)}
"""Variant -> how many vertices each vertex after the input reads, the output last: 9 edges in each."""

CLASSES = {1: 2_685, 2: 7_773, 3: 55_854}
"""Different graphs of NAS-Bench-101 of each variant."""

_FILLER = OPERATIONS.index("conv1x1-bn-relu")
"""What the authors write into the fifth interior vertex, which variants 1 and 2 do not have."""


@final
class NASBench1Shot1(AbstractSpace):
    """A graph of NAS-Bench-101 whose vertices each read a fixed number of earlier ones.

    Variants 1 and 2 have four interior vertices, variant 3 has five. Decisions, vertex by vertex: which earlier
    vertices it reads (where there is a choice), and its operation; last what the output reads. Every choice is legal:
    14,580, 29,160 and 1,312,200 architectures. Among them are graphs with loose ends, vertices that nobody reads;
    NAS-Bench-101 cuts them off. So many architectures are one cell: 2,685, 7,773 and 55,854 are different.

    The output of variant 2 reads three vertices, whose channels are a third of 128, two of them one more than the
    last. Which ones depends on the order of the vertices: NAS-Bench-101 takes graphs that differ in it for one, and so
    the recorded number of parameters is up to 1 % off that of `layers`.

    Args:
        variant: which of the authors' search spaces, 1, 2 or 3.
        channels: of the stem and the first stack.
        cells: a stack.
        image_channels: of the input.
        image_size: height and width of the input, in pixels.
        classes: of the classifier.

    Raises:
        SettingError: no such variant, or a size is no whole number from 1.
    """

    name = "nasbench_1shot1"

    def __init__(
        self,
        *,
        variant: int = 1,
        channels: int = 128,
        cells: int = 3,
        image_channels: int = 3,
        image_size: int = 32,
        classes: int = 10,
    ) -> None:
        if isinstance(variant, bool) or variant not in READS:
            raise SettingError(f"{self.name}: variant is {', '.join(map(str, READS))}; got {brief(variant)}")
        self.variant = variant
        self.nasbench101 = NASBench101(
            channels=channels, cells=cells, image_channels=image_channels, image_size=image_size, classes=classes
        )
        self._inputs = _inputs(variant)
        self._interior = len(self._inputs) - 1
        decisions: dict[str, int] = {}
        for vertex, sets in enumerate(self._inputs, 1):
            name = f"vertex {vertex}" if vertex <= self._interior else "output"
            if len(sets) > 1:
                decisions[f"{name} inputs"] = len(sets)
            if vertex <= self._interior:
                decisions[f"{name} operation"] = len(OPERATIONS)
        self.decision_names, self.cardinalities = tuple(decisions), tuple(decisions.values())

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"variant": self.variant, **self.nasbench101.settings}

    @property
    def unique_size(self) -> int:
        """Different graphs of NAS-Bench-101."""
        return CLASSES[self.variant]

    # ---------------------------------------------------------------- graphs of NAS-Bench-101

    def to_nasbench101(self, archs: ArrayLike) -> Archs:
        """Return the graphs with their loose ends as architectures of `nasbench101`, int8 `[batch, 26]`."""
        rows = self.check(archs)
        found = np.zeros((len(rows), len(self.nasbench101.cardinalities)), dtype=self.nasbench101.dtype)
        found[:, len(EDGES) + self._interior :] = _FILLER
        for vertex, (inputs, operation) in enumerate(self._columns(rows), 1):
            found[:, _edges_into(self._place(vertex))] = _sets(self.variant)[vertex - 1][inputs]
            if vertex <= self._interior:
                found[:, len(EDGES) + vertex - 1] = operation
        return found

    def from_nasbench101(self, arch: ArrayLike) -> Archs:
        """Return the architecture of a graph of `nasbench101` that is written with its loose ends, int8 `[decisions]`.

        Raises:
            GenotypeError: a vertex reads more or fewer others than in this variant.
        """
        given = self.nasbench101.check(arch)[0]
        row = []
        for vertex, sets in enumerate(self._inputs, 1):
            name = "the output" if vertex > self._interior else f"vertex {vertex}"
            edges = np.flatnonzero(given[_edges_into(self._place(vertex))])
            read = tuple(edges.tolist())
            if read not in sets:
                raise GenotypeError(
                    f"{name} reads {len(read)} vertices, {list(read)}; in variant {self.variant} of {self.name} it "
                    f"reads {len(sets[0])} of the first {vertex}, loose ends included"
                )
            row += [sets.index(read)] if len(sets) > 1 else []
            row += [int(given[len(EDGES) + vertex - 1])] if vertex <= self._interior else []
        return np.array(row, dtype=self.dtype)

    def _place(self, vertex: int) -> int:
        """Return the number that a vertex has in NAS-Bench-101."""
        return vertex if vertex <= self._interior else VERTICES - 1

    def _columns(self, rows: NDArray[Any]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return each vertex's choice of inputs and of an operation, int64 `[batch]` each; 0 where there is none."""
        left = iter(rows.T.astype(np.int64))
        none = np.zeros(len(rows), dtype=np.int64)
        found = []
        for vertex, sets in enumerate(self._inputs, 1):
            inputs = next(left) if len(sets) > 1 else none
            found.append((inputs, next(left) if vertex <= self._interior else none))
        return found

    # ---------------------------------------------------------------- which are the same

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return the architecture of lowest index that is the same graph of NAS-Bench-101.

        The first call of a process goes through the whole space: 1.5 s in variant 3.
        """
        return self.unindex(_representatives(self.variant)[self.index(archs)])

    # ---------------------------------------------------------------- notation

    def genotype(self, arch: ArrayLike) -> str:
        """Return the genotype of the graph in `nasbench101`, loose ends included; variants 1 and 2 have no vertex 5."""
        return self.nasbench101.genotype(self.to_nasbench101(arch))

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[decisions]`."""
        return self.from_nasbench101(self.nasbench101.parse(text))

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return the vertices and what they read; a vertex whose choice is open has an open edge from each."""
        nodes: list[str | None] = ["input"]
        edges: list[tuple[int, int, str | None]] = []
        for vertex, ((inputs,), (operation,)) in enumerate(self._columns(np.asarray(arch)[None]), 1):
            nodes.append("output" if vertex > self._interior else None if operation < 0 else OPERATIONS[operation])
            read = range(vertex) if inputs < 0 else self._inputs[vertex - 1][inputs]
            edges += [(source, vertex, None if inputs < 0 else "") for source in read]
        return ArchGraph(tuple(nodes), tuple(edges))

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the network, without the loose ends."""
        return self.nasbench101.layers(self.to_nasbench101(arch))


def _inputs(variant: int) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Return which sets of earlier vertices each vertex may read, the output last, in the order of the choices."""
    return tuple(tuple(itertools.combinations(range(vertex), n)) for vertex, n in enumerate(READS[variant], 1))


@functools.cache
def _sets(variant: int) -> list[NDArray[np.int8]]:
    """Return for each vertex which edges into it each choice has, int8 `[choices, edges]`.

    The output may read every vertex of NAS-Bench-101; of those that the variant does not have it reads none.
    """
    found = []
    for vertex, sets in enumerate(_inputs(variant), 1):
        width = vertex if vertex < len(READS[variant]) else VERTICES - 1
        table = np.zeros((len(sets), width), dtype=np.int8)
        for choice, read in enumerate(sets):
            table[choice, list(read)] = 1
        found.append(table)
    return found


def _edges_into(vertex: int) -> slice:
    """Return the decisions of `nasbench101` that are the edges into a vertex, from the input on."""
    first = math.comb(vertex, 2)
    return slice(first, first + vertex)


@functools.cache
def _representatives(variant: int) -> NDArray[np.int64]:
    """Return, for every index, the lowest index of its class, int64 `[size]`."""
    space = NASBench1Shot1(variant=variant)
    graphs = space.nasbench101.canonical(space.to_nasbench101(space.enumerate()))
    _, first, inverse = np.unique(space.nasbench101.fingerprint(graphs), return_index=True, return_inverse=True)
    return first[inverse.ravel()].astype(np.int64)
