"""The cells of DARTS [Liu et al., ICLR 2019] without the zero operation: what its search derives."""

from __future__ import annotations

import functools
import itertools
import re
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import GenotypeError
from awnas_gym.spaces.abstract import Archs
from awnas_gym.spaces.cells import CELLS, INPUTS, AbstractCells, Wiring
from awnas_gym.spaces.cells_network import edge_layers
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.relaxable import Relaxable

NODES = 4
PAIRS = tuple(tuple(itertools.combinations(range(INPUTS + node), 2)) for node in range(NODES))
"""Pairs of values that each node may read, in the order of the choices."""

CELL_EDGES = tuple((source, INPUTS + node) for node in range(NODES) for source in range(INPUTS + node))
"""(source, target) of all edges that a cell may have, node by node: 14."""

_EDGES = r"\[ *((?:\( *'[a-z0-9_]{1,40}' *, *[0-9] *\)(?: *, *)?){8})\]"
_CONCAT = r"(?:range\( *2 *, *6 *\)|\[ *2 *, *3 *, *4 *, *5 *\])"
_GENOTYPE = re.compile(
    rf"Genotype\( *normal *= *{_EDGES} *, *normal_concat *= *{_CONCAT} *, "
    rf"*reduce *= *{_EDGES} *, *reduce_concat *= *{_CONCAT} *\)"
)
_EDGE = re.compile(r"\( *'([a-z0-9_]+)' *, *([0-9]) *\)")


class AbstractDARTS(AbstractCells, Relaxable):
    """A normal and a reduce cell of 4 nodes, each with two different inputs and one of 7 operations on each.

    Decisions, node by node: which pair of earlier values it reads (the first node has no choice), the operation on the
    lower one, the operation on the other. A cell concatenates its nodes.
    """

    operations = (
        "max_pool_3x3",
        "avg_pool_3x3",
        "skip_connect",
        "sep_conv_3x3",
        "sep_conv_5x5",
        "dil_conv_3x3",
        "dil_conv_5x5",
    )
    nodes = NODES
    cardinalities = (7, 7, 3, 7, 7, 6, 7, 7, 10, 7, 7) * len(CELLS)
    decision_names = tuple(
        f"{cell} node {node} {what}"
        for cell in CELLS
        for node in range(INPUTS, INPUTS + NODES)
        for what in ("inputs", "operation 1", "operation 2")[node == INPUTS :]
    )
    unique_size = 382_128_166**2  # classes of one cell

    # ---------------------------------------------------------------- as a matrix

    edge_operations = ("none", *operations)
    edge_names = tuple(f"{cell} {source}->{node}" for cell in CELLS for source, node in CELL_EDGES)

    @property
    @final
    def edge_groups(self) -> tuple[tuple[int, ...], ...]:
        """Rows of each node of the normal, then of the reduce cell."""
        return tuple(
            tuple(len(CELL_EDGES) * c + i for i, (_, target) in enumerate(CELL_EDGES) if target == node)
            for c in range(len(CELLS))
            for node in range(INPUTS, INPUTS + NODES)
        )

    @final
    def _strongest(self, weights: NDArray[np.float64]) -> Archs:
        """Return the two edges of each node whose strongest operation but `none` is strongest, with that operation.

        That is how DARTS derives a cell [Liu et al., ICLR 2019, section 2.4]; of equal ones the first.
        """
        best, chosen = weights[:, 1:].max(axis=1), weights[:, 1:].argmax(axis=1)
        sources, operations = [], []
        for group in self.edge_groups:
            two = sorted(sorted(group, key=lambda row: -best[row])[:2])
            sources.append([row - group[0] for row in two])
            operations.append(chosen[two].tolist())
        wiring = np.array([sources, operations], dtype=np.int64).reshape(2, 1, len(CELLS), NODES, 2)
        arch: Archs = self.from_wiring(*wiring)[0]
        return arch

    @final
    def relax(self, arch: ArrayLike) -> NDArray[np.float64]:
        """Return the matrix of one architecture; edges that it does not have are rows of zeros."""
        weights = np.zeros((len(self.edge_names), len(self.edge_operations)))
        (sources,), (operations,) = self.wiring(self.check(arch)[:1])
        read, done = sources.reshape(-1, 2), operations.reshape(-1, 2)
        for group, pair, chosen in zip(self.edge_groups, read.tolist(), done.tolist(), strict=True):
            for source, operation in zip(pair, chosen, strict=True):
                weights[group[source], 1 + operation] = 1
        return weights

    @final
    def edge_layers(self, edge: int, operation: int) -> list[LayerSpec]:
        """Return the layers of an operation on an edge, in all normal or all reduce cells; of `none` there are none."""
        reduces, row = divmod(edge, len(CELL_EDGES))
        if operation == 0:
            return []
        return edge_layers(
            self._sizes, CELL_EDGES[row][0], self.edge_operations[operation], reduces=CELLS[reduces] == "reduce"
        )

    @final
    def wiring(self, archs: ArrayLike) -> Wiring:
        """Return what each node reads and does, int64 `[batch, 2, 4, 2]` each."""
        rows = np.asarray(archs, dtype=np.int64).reshape(-1, len(CELLS), len(self.cardinalities) // len(CELLS))
        choices = np.insert(rows, 0, 0, axis=-1).reshape(len(rows), len(CELLS), NODES, 3)
        pairs, chosen = choices[..., 0], choices[..., 1:]
        sources = np.where(pairs[..., None] < 0, -1, _pairs()[np.arange(NODES), pairs])
        return sources, chosen.copy()

    @final
    def from_wiring(self, sources: NDArray[np.int64], operations: NDArray[np.int64]) -> Archs:
        """Return the architectures of a wiring, int8 `[batch, 22]`."""
        order = np.argsort(sources, axis=-1, kind="stable")
        sources = np.take_along_axis(sources, order, axis=-1)
        operations = np.take_along_axis(operations, order, axis=-1)
        same = (_pairs()[None, None] == sources[..., None, :]).all(axis=-1)
        choices = np.concatenate([same.argmax(axis=-1)[..., None], operations], axis=-1)
        rows = choices.reshape(len(sources), len(CELLS), -1)[..., 1:]
        return rows.reshape(len(sources), -1).astype(self.dtype)

    @final
    def _ends(self, sources: list[list[int]]) -> list[int]:
        return list(range(INPUTS, INPUTS + len(sources)))

    # ---------------------------------------------------------------- notation

    @final
    def genotype(self, arch: ArrayLike) -> str:
        """Return the notation of DARTS: `Genotype(normal=[('sep_conv_3x3', 0), …], normal_concat=[2, 3, 4, 5], …)`."""
        normal, reduce = self.edges(arch)
        concat = list(range(INPUTS, INPUTS + NODES))
        return f"Genotype(normal={normal}, normal_concat={concat}, reduce={reduce}, reduce_concat={concat})"

    @final
    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[22]`; a node's two edges come in any order."""
        match = _GENOTYPE.fullmatch(" ".join(text.split()))
        if match is None:
            raise GenotypeError(
                f"{text!r} is no {self.name} genotype; the form is Genotype(normal=[('sep_conv_3x3', 0), …], "
                "normal_concat=[2, 3, 4, 5], reduce=[…], reduce_concat=[2, 3, 4, 5]) with 8 edges a cell, "
                f"operations of {', '.join(self.operations)}"
            )
        normal, reduce = ([(name, int(value)) for name, value in _EDGE.findall(part)] for part in match.groups())
        return self.from_edges(normal, reduce)


@final
class DARTS(AbstractDARTS):
    """The cells of DARTS in the network that the paper trains on CIFAR-10: 20 cells, 36 channels.

    Args:
        channels: of the first cells.
        cells: in the network.
        image_channels: of the input.
        image_size: height and width of the input, in pixels.
        classes: of the classifier.
    """

    name = "darts"


@functools.cache
def _pairs() -> NDArray[np.int64]:
    """Return the values that a node reads, by node and choice, int64 `[4, 10, 2]`; -2 where there is no such choice."""
    table = np.full((NODES, len(PAIRS[-1]), 2), -2, dtype=np.int64)
    for node, pairs in enumerate(PAIRS):
        table[node, : len(pairs)] = pairs
    return table
