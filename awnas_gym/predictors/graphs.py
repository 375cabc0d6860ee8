"""Graphs of architectures as padded arrays, for predictors that read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.spaces import AbstractSpace, ArchGraph, Archs

NOTHING = frozenset({"none"})
"""Labels of edges that carry nothing: they are no edges."""

PADDING, PLAIN, UNSEEN = 0, 1, 2
"""Numbers that are no operation's: of what is not there, of an edge without a label, of a label that was not drawn."""

SAMPLED = 1000
"""Architectures in which labels are looked for."""

Edge = tuple[int, int, str]


@final
@dataclass(frozen=True, slots=True)
class Graphs:
    """A batch of graphs. What is not there is 0.

    Attributes:
        nodes: numbers of labels, int64 `[n, vertices]`.
        is_input: whether a vertex is one that no edge ever leads to, bool `[n, vertices]`.
        sources: vertices, int64 `[n, edges]`.
        targets: likewise.
        labels: numbers of labels, int64 `[n, edges]`.
    """

    nodes: NDArray[np.int64]
    is_input: NDArray[np.bool_]
    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    labels: NDArray[np.int64]


@final
class GraphReader:
    """Reads graphs of a space, without what lies on no path from an input to the output.

    An input is the first vertex, or one with a label to which no edge leads in `SAMPLED` random architectures.

    Args:
        space: of the architectures.

    Attributes:
        labels: different numbers of labels, the three special ones among them.
        on_nodes: whether vertices are operations: labels of vertices differ between architectures.
        on_edges: whether edges are.
    """

    def __init__(self, space: AbstractSpace) -> None:
        self._space = space
        graphs = [space.graph(row) for row in space.sample(np.random.default_rng(0), SAMPLED)]
        self.on_nodes = len({graph.nodes for graph in graphs}) > 1
        self.on_edges = any(label for graph in graphs for _, _, label in graph.edges)
        every = {str(label) for graph in graphs for label in graph.nodes}
        self._inputs = every - {str(graph.nodes[target]) for graph in graphs for _, target, _ in graph.edges}
        every |= {label for graph in graphs for _, _, label in graph.edges if label and label not in NOTHING}
        self._numbers = {label: number for number, label in enumerate(sorted(every), UNSEEN + 1)}
        self.labels = UNSEEN + 1 + len(self._numbers)

    def __call__(self, archs: Archs) -> Graphs:
        """Return the graphs of architectures, int `[n, decisions]`."""
        found = [self.read(row) for row in archs]
        vertices, edges = (max(len(each[i]) for each in found) for i in (0, 1))
        nodes = np.zeros((len(found), vertices), dtype=np.int64)
        is_input = np.zeros((len(found), vertices), dtype=np.bool_)
        ends = np.zeros((3, len(found), edges), dtype=np.int64)
        for i, (labels, lines) in enumerate(found):
            nodes[i, : len(labels)] = [self._numbers.get(label, UNSEEN) for label in labels]
            is_input[i, : len(labels)] = [not k or label in self._inputs for k, label in enumerate(labels)]
            for k, (source, target, label) in enumerate(lines):
                ends[:, i, k] = source, target, self._numbers.get(label, UNSEEN) if label else PLAIN
        return Graphs(nodes, is_input, *ends)

    def read(self, row: NDArray[np.signedinteger]) -> tuple[list[str], list[Edge]]:
        """Return labels of the vertices that are left, and the edges between them; first and last are always there."""
        graph: ArchGraph = self._space.graph(row)
        edges = [(source, target, label or "") for source, target, label in graph.edges if label not in NOTHING]
        last = len(graph.nodes) - 1
        inputs = {i for i, label in enumerate(graph.nodes) if str(label) in self._inputs} | {0}
        ahead = _reached(inputs, [(source, target) for source, target, _ in edges])
        kept = ahead & _reached({last}, [(target, source) for source, target, _ in edges]) | {0, last}
        place = {vertex: i for i, vertex in enumerate(sorted(kept))}
        lines = [(place[s], place[t], label) for s, t, label in edges if s in place and t in place]
        return [str(graph.nodes[vertex]) for vertex in place], lines


def _reached(starts: set[int], links: list[tuple[int, int]]) -> set[int]:
    """Return where links lead to from some vertices, these among them."""
    after: dict[int, list[int]] = {}
    for source, target in links:
        after.setdefault(source, []).append(target)
    found, left = set(starts), list(starts)
    while left:
        for target in after.get(left.pop(), ()):
            if target not in found:
                found.add(target)
                left.append(target)
    return found
