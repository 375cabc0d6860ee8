"""The cells of NAS-Bench-ASR [Mehrotra et al., ICLR 2021]: three operations in a row, and skips around them."""

from __future__ import annotations

import functools
import re
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import brief
from awnas_gym.errors import GenotypeError, SettingError
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.hashing import graph_hash, mix
from awnas_gym.spaces.layers import LayerSpec

OPERATIONS = ("linear", "conv5", "conv5d2", "conv7", "conv7d2", "zero")
"""A linear layer, convolutions over time of 5 or 7 steps, some of dilation 2, and nothing."""

NODES, ZERO = 3, OPERATIONS.index("zero")
VERTICES, OUTPUT = NODES + 2, NODES + 1
"""Vertex 0 is the input, 1 to 3 are the nodes, and the last is the output."""

SKIPS = tuple((source, node) for node in range(1, NODES + 1) for source in range(node))
"""(from which vertex, of which node) each skip is, in the order of the vector."""

_OPERATION = tuple(node - 1 + node * (node - 1) // 2 for node in range(1, NODES + 1))
"""Which decision is the operation of each node; its skips follow it."""

_SKIP = {skip: _OPERATION[skip[1] - 1] + 1 + skip[0] for skip in SKIPS}

_GENOTYPE = re.compile(r"\[\[([0-9]),([01])\],\[([0-9]),([01]),([01])\],\[([0-9]),([01]),([01]),([01])\]\]", re.ASCII)


@final
class NASBenchASR(AbstractSpace):
    """3 nodes in a row, each with one of 6 operations, and 6 skips: 13,824 cells, 8,242 graphs.

    The vector `[[op, s], [op, s, s], [op, s, s, s]]` has, for each node, its operation and whether there is a skip
    around it from each vertex before it, the input first: what reads the node then reads that vertex too. `zero` gives
    nothing; it, and what lies on no path from the input to the output, is cut off.

    So the graphs of the benchmark read the vector, and records are kept under the hashes of these graphs. The authors'
    networks read it otherwise: there a skip adds to the node's own output, so later skips from the node carry it too,
    and a node of `zero` hands on what its skips bring. By that reading the 13,824 vectors are 9,135 functions, and 242
    of the 8,242 graphs (5,824 vectors) stand for several of them. Besides, in the released code for TensorFlow a skip
    is there if its number is 0, and dilations are ignored.
    """

    name = "nasbench_asr"
    cardinalities = tuple(n for node in range(1, NODES + 1) for n in (len(OPERATIONS), *[2] * node))
    decision_names = tuple(
        name
        for node in range(1, NODES + 1)
        for name in (f"node {node}", *(f"skip {source}->{node}" for source in range(node)))
    )
    unique_size = 8242

    @property
    def settings(self) -> dict[str, Any]:
        """None: the constructor takes no arguments."""
        return {}

    # ---------------------------------------------------------------- which graphs are the same

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return the cell of lowest index with the same graph, but for the order of its vertices."""
        return self.unindex(_representatives()[self.index(archs)])

    def matrix(self, arch: ArrayLike) -> tuple[NDArray[np.float64], list[str]]:
        """Return the pruned graph: adjacency float64 `[n, n]` and n labels, n from 2 to 5; 0 if nothing is left."""
        adjacency, kept, labels = pruned(self.check(arch)[:1])
        left = np.flatnonzero(kept[0])
        names = ["input", *(OPERATIONS[label] for label in labels[0]), "output"]
        return adjacency[0][np.ix_(left, left)].astype(np.float64), [names[v] for v in left]

    def official_hash(self, arch: ArrayLike) -> str:
        """Return the authors' hash of the pruned graph, the key of their data, 32 hexadecimal digits."""
        adjacency, names = self.matrix(arch)
        ends = {"input": -1, "output": -2}
        return graph_hash(adjacency, [ends[name] if name in ends else OPERATIONS.index(name) for name in names])

    # ---------------------------------------------------------------- notation

    def genotype(self, arch: ArrayLike) -> str:
        """Return the benchmark's vector, e.g. `[[1, 0], [1, 0, 0], [1, 0, 0, 0]]`."""
        row = self.check(arch)[0].tolist()
        return str([row[first : first + 1 + node] for node, first in enumerate(_OPERATION, start=1)])

    def parse(self, text: str) -> Archs:
        """Return the architecture of a vector, in brackets of either kind, int8 `[9]`."""
        match = _GENOTYPE.fullmatch(text.translate(str.maketrans("()", "[]", " ")))
        if match is None:
            raise GenotypeError(
                f"{brief(text)} is no nasbench_asr genotype; the form is [[1, 0], [1, 0, 0], [1, 0, 0, 0]]: "
                f"of each node its operation, {_LEGAL}, and whether there is a skip from each vertex before it"
            )
        row = [int(digit) for digit in match.groups()]
        for node, place in enumerate(_OPERATION, start=1):
            if row[place] >= len(OPERATIONS):
                raise GenotypeError(f"node {node} has operation {row[place]}; legal: {_LEGAL}")
        return np.array(row, dtype=self.dtype)

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return input, 3 nodes and output, in a row and with the skips there are; open where a decision is -1."""
        row = np.asarray(arch).tolist()
        labels = [None if row[place] < 0 else OPERATIONS[row[place]] for place in _OPERATION]
        skips = [
            (source, node + 1, None if row[place] < 0 else "") for (source, node), place in _SKIP.items() if row[place]
        ]
        return ArchGraph(("input", *labels, "output"), (*((v, v + 1, "") for v in range(OUTPUT)), *skips))

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Raise `SettingError`: a network for utterances has no layers of images."""
        raise SettingError("nasbench_asr: a network for speech has no layers of images; a table records its parameters")


_LEGAL = ", ".join(f"{choice} ({name})" for choice, name in enumerate(OPERATIONS))


def pruned(rows: Archs) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Archs]:
    """Return the graphs of some rows, without what is cut off.

    Returns:
        adjacency: bool `[batch, 5, 5]`.
        kept: which vertices are left, bool `[batch, 5]`: input and output too if there is a path.
        labels: operations of the nodes, int `[batch, 3]`.
    """
    labels = rows[:, _OPERATION]
    edges = np.zeros((len(rows), VERTICES, VERTICES), dtype=np.bool_)
    for vertex in range(OUTPUT):
        edges[:, vertex, vertex + 1] = True
    for (source, node), place in _SKIP.items():
        edges[:, source, node + 1] |= rows[:, place] == 1
    there = np.ones((len(rows), VERTICES), dtype=np.bool_)
    there[:, 1:OUTPUT] = labels != ZERO
    edges &= there[:, :, None] & there[:, None, :]
    reached, used = np.zeros_like(there), np.zeros_like(there)
    reached[:, 0] = used[:, OUTPUT] = True
    for vertex in range(1, VERTICES):
        reached[:, vertex] |= (reached & edges[:, :, vertex]).any(axis=1)
        back = OUTPUT - vertex
        used[:, back] |= (used & edges[:, back]).any(axis=1)
    kept = reached & used
    return edges & kept[:, :, None] & kept[:, None, :], kept, labels


@functools.cache
def _representatives() -> NDArray[np.int64]:
    """Return, for every index, the lowest index of its class, int64 `[13824]`.

    The hash is the authors' one in numbers: of each vertex what it is, what it reads and what reads it, in as many
    rounds as there are vertices. A test compares all classes with those of the authors' hash.
    """
    space = NASBenchASR()
    edges, kept, labels = pruned(space.unindex(np.arange(space.size)))
    names = np.full(kept.shape, len(OPERATIONS), dtype=np.uint64)
    names[:, 1:OUTPUT] = labels
    names[:, OUTPUT] += 1
    state = np.where(kept, mix(names), 0)
    for _ in range(VERTICES):
        reads = np.where(edges, state[:, :, None], 0).sum(axis=1, dtype=np.uint64)
        read_by = np.where(edges, state[:, None, :], 0).sum(axis=2, dtype=np.uint64)
        state = np.where(kept, mix(state, reads, read_by), 0)
    _, first, inverse = np.unique(state.sum(axis=1, dtype=np.uint64), return_index=True, return_inverse=True)
    return first[inverse].astype(np.int64)
