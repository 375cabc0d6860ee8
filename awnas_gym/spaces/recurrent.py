"""Recurrent cells of ENAS [Pham et al., ICML 2018, section 2.1] and DARTS [Liu et al., ICLR 2019, section 3.1]."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import check_sizes
from awnas_gym.errors import GenotypeError, SettingError, unknown
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs, Role
from awnas_gym.spaces.layers import LayerKind, LayerSpec
from awnas_gym.spaces.relaxable import Relaxable

ACTIVATIONS = ("tanh", "relu", "sigmoid", "identity")
MOST_NODES = 64

_GENOTYPE = re.compile(
    r"Genotype\( *recurrent *= *\[ *((?:\( *'[a-z]{1,20}' *, *[0-9]{1,2} *\)(?: *, *)?){1,64})\] *, "
    r"*concat *= *(?:range\( *1 *, *[0-9]{1,2} *\)|\[ *[0-9]{1,2}(?: *, *[0-9]{1,2})* *\]) *\)"
)
_NODE = re.compile(r"\( *'([a-z]+)' *, *([0-9]+) *\)")


@final
class Recurrent(AbstractSpace, Relaxable):
    """A recurrent cell: a tree of nodes, each a gated step from an earlier state by one of 4 activations.

    State 0 mixes the token and the hidden state before it; node i reads one earlier state. Each step is
    `s + sigmoid(c) * (f(h) - s)`, where c and h are linear in s. The new hidden state is the mean of the nodes.

    Decisions, node by node: the state it reads (the first node has no choice), its activation.

    The network predicts the next token: an embedding, the cell, a linear layer whose weights are the embedding's.

    Args:
        nodes: of the cell.
        hidden: width of the states and of the embedding.
        tokens: in the vocabulary.

    Raises:
        SettingError: a size is no whole number from 1, or there are more than 64 nodes.
    """

    name = "recurrent"

    def __init__(self, *, nodes: int = 8, hidden: int = 850, tokens: int = 10_000) -> None:
        self._sizes = {"nodes": nodes, "hidden": hidden, "tokens": tokens}
        check_sizes(self._sizes, where=self.name)
        if nodes > MOST_NODES:
            raise SettingError(f"{self.name}: nodes is at most {MOST_NODES}; got {nodes}")
        self.cardinalities = (4, *(n for node in range(2, nodes + 1) for n in (node, 4)))
        self.decision_names = (
            "node 1 activation",
            *(f"node {node} {what}" for node in range(2, nodes + 1) for what in ("input", "activation")),
        )
        self.roles = (
            Role("operation", "recurrent", 1),
            *(
                role
                for n in range(2, nodes + 1)
                for role in (Role("input", "recurrent", n), Role("operation", "recurrent", n))
            ),
        )
        self._edges = [(state, node) for node in range(1, nodes + 1) for state in range(node)]

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(self._sizes)

    def nodes(self, arch: ArrayLike) -> list[tuple[int, str]]:
        """Return of each node of one architecture, int `[decisions]`, the state that it reads and its activation."""
        parents, chosen = self._read(self.check(arch)[0].tolist())
        return [(parent, ACTIVATIONS[choice]) for parent, choice in zip(parents, chosen, strict=True)]

    # ---------------------------------------------------------------- as a matrix

    @property
    def edge_names(self) -> tuple[str, ...]:
        """The state that a step begins with and the node that it leads to, node by node."""
        return tuple(f"{state}->{node}" for state, node in self._edges)

    @property
    def edge_operations(self) -> tuple[str, ...]:
        """`none` and the activations."""
        return ("none", *ACTIVATIONS)

    @property
    def edge_groups(self) -> tuple[tuple[int, ...], ...]:
        """Rows of each node."""
        return tuple(
            tuple(row for row, (_, target) in enumerate(self._edges) if target == node)
            for node in range(1, self._sizes["nodes"] + 1)
        )

    def _strongest(self, weights: NDArray[np.float64]) -> Archs:
        """Return for each node the edge and the operation, but `none`, that are strongest; of equal ones the first."""
        decisions: list[int] = []
        for group in self.edge_groups:
            decisions += divmod(int(weights[list(group), 1:].argmax()), len(ACTIVATIONS))
        return np.array(decisions[1:], dtype=self.dtype)

    def relax(self, arch: ArrayLike) -> NDArray[np.float64]:
        """Return the matrix of one architecture; edges that it does not have are rows of zeros."""
        weights = np.zeros((len(self.edge_names), len(self.edge_operations)))
        for group, (parent, activation) in zip(self.edge_groups, self.nodes(arch), strict=True):
            weights[group[parent], self.edge_operations.index(activation)] = 1
        return weights

    def edge_layers(self, edge: int, operation: int) -> list[LayerSpec]:
        """Return the layers of a step by an activation; of `none` there are none."""
        del edge
        return [] if operation == 0 else list(_step(ACTIVATIONS[operation - 1], *[self._sizes["hidden"]] * 2))

    # ---------------------------------------------------------------- which are the same

    @functools.cached_property
    def unique_size(self) -> int:
        """Number of rooted trees whose nodes, but for the root, have one of 4 colours."""
        return _forests(self._sizes["nodes"])

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return the cells with their nodes in an order that the tree alone decides; each node has its own weights."""
        return np.array([self._ordered(row) for row in self.check(archs).tolist()], dtype=self.dtype)

    def _ordered(self, row: list[int]) -> list[int]:
        """Return the decisions of the tree whose children come by ascending subtree, each before the next."""
        parents, chosen = self._read(row)
        children: list[list[int]] = [[] for _ in range(len(parents) + 1)]
        trees: list[tuple[Any, ...]] = [()] * (len(parents) + 1)
        for node in range(len(parents), 0, -1):
            children[node].sort(key=trees.__getitem__)
            trees[node] = (chosen[node - 1], *(trees[child] for child in children[node]))
            children[parents[node - 1]].append(node)
        children[0].sort(key=trees.__getitem__)
        decisions: list[int] = []
        numbers = {0: 0}
        waiting = children[0][::-1]
        while waiting:
            node = waiting.pop()
            decisions += [numbers[parents[node - 1]], chosen[node - 1]]
            numbers[node] = len(numbers)
            waiting += children[node][::-1]
        return decisions[1:]

    def _read(self, row: list[int]) -> tuple[list[int], list[int]]:
        """Return what each node reads and its activation; -1 where it is open."""
        return [0, *row[1::2]], row[::2]

    # ---------------------------------------------------------------- notation

    def genotype(self, arch: ArrayLike) -> str:
        """Return the notation of DARTS: `Genotype(recurrent=[('sigmoid', 0), ('relu', 1), …], concat=range(1, 9))`."""
        nodes = [(activation, parent) for parent, activation in self.nodes(arch)]
        return f"Genotype(recurrent={nodes}, concat=range(1, {len(nodes) + 1}))"

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[decisions]`."""
        match = _GENOTYPE.fullmatch(" ".join(text.split()))
        nodes = _NODE.findall(match[1]) if match else []
        if len(nodes) != self._sizes["nodes"]:
            raise GenotypeError(
                f"{text!r} is no genotype of {self._sizes['nodes']} recurrent nodes; the form is "
                f"Genotype(recurrent=[('sigmoid', 0), …], concat=range(1, {self._sizes['nodes'] + 1})) "
                f"with activations of {', '.join(ACTIVATIONS)}"
            )
        decisions: list[int] = []
        for node, (activation, state) in enumerate(nodes, start=1):
            if activation not in ACTIVATIONS:
                raise GenotypeError(f"node {node}: {unknown('activation', activation, ACTIVATIONS)}")
            if int(state) >= node:
                raise GenotypeError(f"node {node} reads a state of 0 … {node - 1}; got {state}")
            decisions += [int(state), ACTIVATIONS.index(activation)]
        return np.array(decisions[1:], dtype=self.dtype)

    # ---------------------------------------------------------------- graph and layers

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return the tree and the mean of its nodes; an open state has an open edge from each earlier one."""
        parents, chosen = self._read(np.asarray(arch).tolist())
        edges: list[tuple[int, int, str | None]] = []
        for node, (parent, choice) in enumerate(zip(parents, chosen, strict=True), start=1):
            label = None if parent < 0 or choice < 0 else ACTIVATIONS[choice]
            edges += [(state, node, label) for state in (range(node) if parent < 0 else [parent])]
        output = len(parents) + 1
        edges += [(node, output, "") for node in range(1, output)]
        return ArchGraph(("input", *map(str, range(1, output)), "output"), tuple(edges))

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers that one token goes through, in order of execution."""
        hidden, tokens = self._sizes["hidden"], self._sizes["tokens"]
        nodes = self.nodes(arch)
        return [
            LayerSpec("embedding", tokens, hidden, 1, 1),
            LayerSpec("concat", 2 * hidden, 2 * hidden, 1, 1),
            *_step("tanh", 2 * hidden, hidden),
            *(layer for _, activation in nodes for layer in _step(activation, hidden, hidden)),
            *[LayerSpec("add", hidden, hidden, 1, 1)] * (len(nodes) - 1),
            LayerSpec("linear", hidden, tokens, 1, 1, bias=True, tied=True),
        ]


def _step(activation: str, c_in: int, hidden: int) -> Iterator[LayerSpec]:
    """Yield the layers of `s + sigmoid(c) * (f(h) - s)`; c and h come from one linear layer."""
    kinds: dict[str, list[LayerKind]] = {"tanh": ["tanh"], "relu": ["relu"], "sigmoid": ["sigmoid"], "identity": []}
    yield LayerSpec("linear", c_in, 2 * hidden, 1, 1)
    rest: list[LayerKind] = ["sigmoid", *kinds[activation], "add", "multiply", "add"]
    for kind in rest:
        yield LayerSpec(kind, hidden, hidden, 1, 1)


def _forests(nodes: int) -> int:
    """Return how many forests of rooted trees have so many nodes, each of 4 colours (the Euler transform)."""
    forests, trees = [1], [0]
    for n in range(1, nodes + 1):
        trees.append(len(ACTIVATIONS) * forests[n - 1])
        weighted = [sum(d * trees[d] for d in range(1, k + 1) if k % d == 0) for k in range(n + 1)]
        forests.append(sum(weighted[k] * forests[n - k] for k in range(1, n + 1)) // n)
    return forests[nodes]
