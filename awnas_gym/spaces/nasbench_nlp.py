"""The recurrent cells of NAS-Bench-NLP [Klyuchnikov et al., 2020, arXiv:2006.07116]: graphs of up to 25 nodes."""

from __future__ import annotations

import math
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import check_sizes
from awnas_gym.errors import GenotypeError, SettingError
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.nasbench_nlp_network import network
from awnas_gym.spaces.nasbench_nlp_recipes import (
    BLEND,
    FEWEST,
    INPUTS,
    LINEAR,
    MOST,
    MOST_HIDDEN,
    OPERATIONS,
    Cell,
    in_order,
    read_recipe,
    write_recipe,
)

SLOTS = max(MOST)
"""Values that a node reads at most."""

_FEWEST, _MOST = (np.array([0, *limits]) for limits in (FEWEST, MOST))
"""By the choice of a node's operation, of which 0 is absent."""

_BLEND_LABELS = ("gate", "where 1", "where 0")


@final
class NASBenchNLP(AbstractSpace):
    """A recurrent cell: 1 to 3 hidden states, and up to `nodes` nodes, each with one of 7 operations.

    A node is a sum of linear layers of two or three values, a product or a sum of two, a blend `a b + (1 - a) c`, or an
    activation of one; the token itself is read by linear layers alone. Values of a node differ. Some node becomes each
    hidden state; the first of them is the cell's output.

    Decisions, coarse to fine: how many hidden states; the operation of each node (0 absent, then none after it has
    one); three slots for the values that each reads (0 none, then the token, three hidden states, the nodes before
    it; ascending, but for a blend); the node that becomes each hidden state (0 none). Nodes may be there that reach no
    hidden state; `canonical` cuts them off.

    The network predicts the next token: an embedding, `layers` cells on top of each other, a linear layer whose weights
    are the embedding's. Hidden states have `hidden` numbers, those of the last cell `embedding`.

    Args:
        nodes: at most.
        embedding: width of the embedding.
        hidden: width of the hidden states.
        layers: cells on top of each other.
        tokens: in the vocabulary, 10,000 of Penn Treebank and 33,278 of WikiText-2.

    Raises:
        SettingError: a size is no whole number from 1, or there are less than 3 nodes or more than 64.
    """

    name = "nasbench_nlp"
    unique_size = None
    unconstrained = False

    def __init__(
        self, *, nodes: int = 25, embedding: int = 400, hidden: int = 600, layers: int = 3, tokens: int = 10_000
    ) -> None:
        self._sizes = {"nodes": nodes, "embedding": embedding, "hidden": hidden, "layers": layers, "tokens": tokens}
        check_sizes(self._sizes, where=self.name)
        if not MOST_HIDDEN <= nodes <= 64:
            raise SettingError(f"{self.name}: nodes is a number from {MOST_HIDDEN} to 64; got {nodes}")
        self.cardinalities = (
            MOST_HIDDEN,
            *[1 + len(OPERATIONS)] * nodes,
            *(1 + len(INPUTS) + node for node in range(nodes) for _ in range(SLOTS)),
            *[1 + nodes] * MOST_HIDDEN,
        )
        self.decision_names = (
            "hidden states",
            *(f"node {node}" for node in range(nodes)),
            *(f"node {node} reads {slot}" for node in range(nodes) for slot in range(SLOTS)),
            *(f"h_new_{state}" for state in range(MOST_HIDDEN)),
        )
        self._nodes = nodes

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(self._sizes)

    @property
    def size(self) -> int:
        """Number of legal decision tuples."""
        found, activations = 0, MOST.count(1)
        for hidden in range(1, MOST_HIDDEN + 1):
            ways = 1
            for node in range(self._nodes):
                values = hidden + node
                pairs, triples = math.comb(values, 2), math.perm(values, 3)
                linear = math.comb(values + 1, 2) + math.comb(values + 1, 3)
                ways *= linear + triples + 2 * pairs + activations * values
                if node + 1 >= hidden:
                    found += ways * math.perm(node + 1, hidden)
        return found

    # ---------------------------------------------------------------- what is legal

    def mask(self, prefix: ArrayLike) -> NDArray[np.bool_]:
        """Return which choices can still lead to a legal cell, bool `[choices]`."""
        row: NDArray[np.bool_] = self.masks(np.asarray(prefix, dtype=np.int64)[None])[0]
        return row

    def masks(self, prefixes: ArrayLike) -> NDArray[np.bool_]:
        """Return `mask` of each row."""
        rows = np.asarray(prefixes)
        k = rows.shape[1]
        first_slot = 1 + self._nodes
        first_state = first_slot + SLOTS * self._nodes
        if k == 0:
            return np.ones((len(rows), MOST_HIDDEN), dtype=np.bool_)
        if k < first_slot:
            return self._operations(rows, k - 1)
        if k < first_state:
            return self._values(rows, *divmod(k - first_slot, SLOTS))
        return self._states(rows, k - first_state)

    def _operations(self, rows: Archs, node: int) -> NDArray[np.bool_]:
        """Which operations have enough values to read; absent where there are nodes enough, and nothing after it."""
        values = rows[:, :1] + 1 + node  # hidden states and nodes before
        legal: NDArray[np.bool_] = values >= _FEWEST
        legal[:, 1 + LINEAR] = True  # which the token too is a value for
        legal[:, 0] = node > rows[:, 0]
        if node:
            ended = rows[:, node] == 0
            legal[ended] = np.arange(1 + len(OPERATIONS)) == 0
        return legal

    def _values(self, rows: Archs, node: int, slot: int) -> NDArray[np.bool_]:
        """Which values a slot may read."""
        operation = rows[:, 1 + node]
        choices = np.arange(1 + len(INPUTS) + node)
        there = np.ones((len(rows), len(choices)), dtype=np.bool_)
        there[:, 0] = False
        there[:, 1] = operation == 1 + LINEAR
        for state in range(1, MOST_HIDDEN):
            there[:, 2 + state] = rows[:, 0] >= state
        read = rows[:, rows.shape[1] - slot :]
        for before in read.T:
            blend = operation == 1 + BLEND
            there &= np.where(blend[:, None], choices != before[:, None], choices > before[:, None])
        wanted = _FEWEST[operation] - slot - 1  # values that have to come behind this one
        behind = there[:, ::-1].cumsum(axis=1)[:, ::-1] - 1
        ascending = (operation != 1 + BLEND)[:, None]
        there &= ~ascending | (behind >= wanted[:, None])
        there[slot >= _MOST[operation]] = False
        there[:, 0] = slot >= _FEWEST[operation]
        return there

    def _states(self, rows: Archs, state: int) -> NDArray[np.bool_]:
        """Which nodes may become a hidden state: those that are there and are none yet."""
        nodes = np.arange(1 + self._nodes)
        legal: NDArray[np.bool_] = nodes <= (rows[:, 1 : 1 + self._nodes] > 0).sum(axis=1)[:, None]
        for before in rows[:, rows.shape[1] - state :].T:
            legal &= nodes != before[:, None]
        there = rows[:, 0] >= state
        legal[:, 0] = ~there
        legal[~there, 1:] = False
        return legal

    def _check_constraints(self, rows: Archs) -> None:
        for row, choices in zip(rows, rows.tolist(), strict=True):
            if not self._is_legal(choices):
                self._explain(row)

    def _is_legal(self, row: list[int]) -> bool:
        """Tell what `legal` tells, of a whole row at once: masks are asked decision by decision, which takes long."""
        hidden, operations, states = row[0] + 1, row[1 : 1 + self._nodes], row[-MOST_HIDDEN:]
        nodes = self._nodes - operations.count(0)
        slots = row[1 + self._nodes : -MOST_HIDDEN]
        whole = hidden <= nodes and all(operations[:nodes]) and not any(slots[SLOTS * nodes :])
        return (
            whole
            and all(
                self._reads(operation - 1, slots[SLOTS * node :][:SLOTS], hidden)
                for node, operation in enumerate(operations[:nodes])
            )
            and all(0 < state <= nodes for state in states[:hidden])
            and len(set(states[:hidden])) == hidden
            and not any(states[hidden:])
        )

    @staticmethod
    def _reads(operation: int, slots: list[int], hidden: int) -> bool:
        """Tell whether an operation may read what is in the slots of its node."""
        read = [choice for choice in slots if choice]
        return (
            FEWEST[operation] <= len(read) <= MOST[operation]
            and slots[: len(read)] == read
            and len(set(read)) == len(read)
            and (operation == BLEND or read == sorted(read))
            and (operation == LINEAR or 1 not in read)
            and not any(1 + hidden < choice <= len(INPUTS) for choice in read)
        )

    # ---------------------------------------------------------------- cells

    def cell(self, arch: ArrayLike) -> Cell:
        """Return an architecture as nodes and hidden states."""
        return self._cell(self.check(arch)[0].tolist())

    def _cell(self, row: list[int]) -> Cell:
        first_slot = 1 + self._nodes
        nodes = []
        for node, operation in enumerate(row[1:first_slot]):
            if operation:
                slots = row[first_slot + SLOTS * node : first_slot + SLOTS * (node + 1)]
                nodes.append((operation - 1, tuple(choice - 1 for choice in slots if choice)))
        return Cell(nodes, [choice - 1 for choice in row[-MOST_HIDDEN:] if choice])

    def _row(self, cell: Cell) -> Archs:
        row = np.zeros(len(self.cardinalities), dtype=self.dtype)
        row[0] = len(cell.states) - 1
        first_slot = 1 + self._nodes
        for node, (operation, values) in enumerate(cell.nodes):
            row[1 + node] = 1 + operation
            row[first_slot + SLOTS * node :][: len(values)] = np.array(values) + 1
        row[len(row) - MOST_HIDDEN :][: len(cell.states)] = np.array(cell.states) + 1
        return row

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return the cells without what reaches no hidden state, nodes in an order that the graph alone decides."""
        rows = self.check(archs)
        return np.array([self._row(in_order(self._cell(row))) for row in rows.tolist()], dtype=self.dtype).reshape(
            rows.shape
        )

    def genotype(self, arch: ArrayLike) -> str:
        """Return the recipe: `{"node_0": {"op": "linear", "input": ["x", "h_prev_0"]}, "h_new_0": {"op": …}}`."""
        return write_recipe(self.cell(arch))

    def parse(self, text: str) -> Archs:
        """Return the architecture of a recipe, whatever its nodes are called, int8 `[decisions]`."""
        cell = read_recipe(text)
        if len(cell.nodes) > self._nodes:
            raise GenotypeError(f"a recipe has at most {self._nodes} nodes here; got {len(cell.nodes)}")
        return self._row(cell)

    # ---------------------------------------------------------------- graph and layers

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return what a cell is given, its nodes, and an output that hidden states lead to; open where undecided."""
        row = np.asarray(arch).tolist()
        given = len(INPUTS) if row[0] < 0 else row[0] + 2
        there = [node for node in range(self._nodes) if row[1 + node]]
        place = {value: value for value in range(given)}
        place |= {len(INPUTS) + node: given + i for i, node in enumerate(there)}
        labels = [None if row[1 + node] < 0 else OPERATIONS[row[1 + node] - 1] for node in there]
        edges: list[tuple[int, int, str | None]] = []
        for node in there:
            for slot in range(SLOTS):
                choice = row[1 + self._nodes + SLOTS * node + slot]
                if choice > 0:
                    label = _BLEND_LABELS[slot] if row[1 + node] == 1 + BLEND else ""
                    edges.append((place[choice - 1], place[len(INPUTS) + node], label))
        output = given + len(there)
        states = row[-MOST_HIDDEN:]
        edges += [(place[len(INPUTS) - 1 + node], output, f"h_new_{i}") for i, node in enumerate(states) if node > 0]
        return ArchGraph((*INPUTS[:given], *labels, None if min(states) < 0 else "output"), tuple(edges))

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers that one token goes through, in order of execution; as written, with what is cut off."""
        return network(self.cell(arch).nodes, self._sizes)
