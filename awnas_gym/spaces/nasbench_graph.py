"""The graph networks of NAS-Bench-Graph [Qin et al., NeurIPS 2022]: 4 nodes in one of 9 structures, 9 operations."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import GenotypeError, IllegalArchitectureError, SettingError, unknown
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.hashing import mix
from awnas_gym.spaces.layers import LayerSpec

OPERATIONS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
"""Six graph convolutions, the k-GNN (`graph`), a linear layer that sees no neighbours (`fc`), and a wire."""

STRUCTURES = (
    (0, 0, 0, 0),
    (0, 0, 0, 1),
    (0, 0, 1, 1),
    (0, 0, 1, 2),
    (0, 0, 1, 3),
    (0, 1, 1, 1),
    (0, 1, 1, 2),
    (0, 1, 2, 2),
    (0, 1, 2, 3),
)
"""What nodes 1 to 4 read: 0 is the input. All trees of 4 nodes, each once."""

NODES = 4

_LINKS = np.array(STRUCTURES)
_LEAF = np.array([[node not in links for node in range(1, NODES + 1)] for links in STRUCTURES])
"""Which nodes nobody reads, bool `[9, 4]`: these go to the output."""

_OUTPUT = np.uint64(0x13198A2E03707344)

_GENOTYPE = re.compile("([0-9](?:,[0-9]){3}) ([a-z]+(?:,[a-z]+){3})")


@final
class NASBenchGraph(AbstractSpace):
    """A tree of 4 nodes: a structure (9 of them), then the operation of each node (9).

    A node applies its operation, with parameters of its own, to the input or to one node before it. The nodes that
    nobody reads are concatenated, and linear layers follow: that is the network whose parameters the benchmark counts.

    The masks leave no path from the input to the output that is all skips: the benchmark has no such network (its hash
    drops the path, and with it a part of the function). Of 59,049 tuples 53,056 are left; their 26,206 classes are
    the networks of the benchmark, one to one.

    Args:
        operations: those to choose from, some of `OPERATIONS`; the records of the data set `proteins` know
            `gcn`, `sage`, `arma`, `fc` and `skip`, 2,021 networks.

    Raises:
        SettingError: an operation is unknown or given twice, or there are not two, one of them more than a wire.
    """

    name = "nasbench_graph"
    decision_names = ("structure", *(f"node {node}" for node in range(1, NODES + 1)))

    def __init__(self, *, operations: Sequence[str] = OPERATIONS) -> None:
        given = [operations] if isinstance(operations, str) else list(operations)
        for operation in given:
            if operation not in OPERATIONS:
                raise SettingError(f"{self.name}: {unknown('operation', operation, OPERATIONS)}")
        if len(set(given)) < max(len(given), 2):
            raise SettingError(f"{self.name}: operations are two or more different ones; got {given}")
        self.operations = tuple(given)
        self.cardinalities = (len(STRUCTURES), *[len(given)] * NODES)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"operations": list(self.operations)}

    @property
    def size(self) -> int:
        """Number of legal tuples."""
        return int(np.count_nonzero(self._representatives >= 0))

    @property
    def unique_size(self) -> int:
        """Number of classes: 26,206 with all operations."""
        return len(np.unique(self._representatives[self._representatives >= 0]))

    # ---------------------------------------------------------------- what is legal

    @property
    def unconstrained(self) -> bool:
        """Whether there is no skip."""
        return "skip" not in self.operations

    @property
    def _skip(self) -> int:
        """Number of the choice that is a skip, -1 if none is."""
        return -1 if self.unconstrained else self.operations.index("skip")

    def mask(self, prefix: ArrayLike) -> NDArray[np.bool_]:
        """Return which structures or operations are legal, bool `[9]` or `[operations]`."""
        row: NDArray[np.bool_] = self.masks(np.asarray(prefix, dtype=np.int64)[None])[0]
        return row

    def masks(self, prefixes: ArrayLike) -> NDArray[np.bool_]:
        """Return `mask` of each row: a node that goes to the output is no skip if all before it are skips."""
        rows = np.asarray(prefixes)
        k = rows.shape[1]
        legal = np.ones((len(rows), self.cardinalities[k]), dtype=np.bool_)
        if k and not self.unconstrained:
            structure = rows[:, 0]
            wired = self._wired(rows)[np.arange(len(rows)), _LINKS[structure, k - 1]]
            legal[wired & _LEAF[structure, k - 1], self._skip] = False
        return legal

    def _wired(self, rows: Archs) -> NDArray[np.bool_]:
        """Return whether the input (node 0) and each decided node is the input as it came, bool `[batch, nodes]`."""
        wired = np.ones(rows.shape, dtype=np.bool_)
        for node in range(1, rows.shape[1]):
            before = wired[np.arange(len(rows)), _LINKS[rows[:, 0], node - 1]]
            wired[:, node] = before & (rows[:, node] == self._skip)
        return wired

    def _check_constraints(self, rows: Archs) -> None:
        for row in rows[~self.legal(rows)]:
            self._explain(row)

    # ---------------------------------------------------------------- which networks are the same

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return the tuple of lowest index that computes the same function.

        A skip is a wire wherever it stands, and branches have no order. Two wires from one node to the output are kept
        apart from one: the linear layer behind has more parameters. The benchmark's hash merges the same.
        """
        return self.unindex(self._representatives[self.index(archs)])

    @functools.cached_property
    def _representatives(self) -> NDArray[np.int64]:
        """Return for every index the lowest of its class, int64 `[tuples]`; -1 for what is illegal."""
        grids = np.meshgrid(*(np.arange(n) for n in self.cardinalities), indexing="ij")
        rows = np.stack(grids, axis=-1).reshape(-1, NODES + 1)
        legal = np.flatnonzero(self.legal(rows))
        _, first, inverse = np.unique(self._function_hash(rows[legal]), return_index=True, return_inverse=True)
        found = np.full(len(rows), -1, dtype=np.int64)
        found[legal] = legal[first[inverse.ravel()]]
        return found

    def _function_hash(self, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return a hash of what becomes of the input, uint64 `[batch]`.

        What becomes of a node is a multiset: of its readers, each with what becomes of it, and of its way to the
        output, if nobody reads it. A skip has no part in it. The hash of a multiset is a sum modulo 2**64.
        """
        structure, batch = rows[:, 0], np.arange(len(rows))
        below = np.zeros((len(rows), NODES + 1), dtype=np.uint64)
        for node in range(NODES, 0, -1):
            below[_LEAF[structure, node - 1], node] = _OUTPUT
            choice = rows[:, node]
            read = mix(choice.astype(np.uint64), below[:, node])
            below[batch, _LINKS[structure, node - 1]] += np.where(choice == self._skip, below[:, node], read)
        return below[:, 0]

    # ---------------------------------------------------------------- notation

    def genotype(self, arch: ArrayLike) -> str:
        """Return e.g. `0,1,1,2 gcn,cheb,gin,fc`: what nodes 1 to 4 read (0 is the input), and their operations."""
        structure, *choices = self.check(arch)[0].tolist()
        return f"{','.join(map(str, STRUCTURES[structure]))} {','.join(self.operations[choice] for choice in choices)}"

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[5]`; nodes may come in any order."""
        match = _GENOTYPE.fullmatch(text.strip())
        if match is None:
            raise GenotypeError(
                f"{text!r} is no nasbench_graph genotype; the form is 0,1,1,2 gcn,cheb,gin,fc: what nodes 1 to 4 read "
                f"(0 is the input), and their operations, of {', '.join(self.operations)}"
            )
        return self.from_links([int(digit) for digit in match[1].split(",")], match[2].split(","))

    def from_links(self, links: Sequence[int], operations: Sequence[str]) -> Archs:
        """Return the architecture of what the benchmark's package calls `Arch(links, operations)`, int8 `[5]`.

        Args:
            links: what nodes 1 to 4 read: 0, the input, or a node before.
            operations: their names.

        Raises:
            GenotypeError: it is no such network, or one with a path of skips.
        """
        if len(links) != NODES or not all(0 <= link <= i for i, link in enumerate(links)):
            raise GenotypeError(f"nodes 1 to 4 read 0, the input, or a node before; got {list(links)}")
        for operation in operations:
            if operation not in self.operations:
                raise GenotypeError(unknown("operation", operation, self.operations))
        if len(operations) != NODES:
            raise GenotypeError(f"4 nodes have 4 operations; got {len(operations)}")
        for order in itertools.permutations(range(1, NODES + 1)):  # the first that leaves all as it is, if that will do
            place = {0: 0} | {node: i for i, node in enumerate(order, start=1)}
            renamed = tuple(place[links[node - 1]] for node in order)
            if renamed in STRUCTURES:
                break
        row = [STRUCTURES.index(renamed), *(self.operations.index(operations[node - 1]) for node in order)]
        try:
            arch: Archs = self.check(row)[0]
        except IllegalArchitectureError as error:
            raise GenotypeError(f"a path of skips leads from the input to the output: {error}") from None
        return arch

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return input, 4 nodes and output; every edge that may be, open, where the structure is not decided."""
        structure, *choices = np.asarray(arch).tolist()
        nodes = ("input", *(None if choice < 0 else self.operations[choice] for choice in choices), "output")
        if structure < 0:
            pairs = itertools.combinations(range(NODES + 2), 2)
            return ArchGraph(nodes, tuple((a, b, None) for a, b in pairs if (a, b) != (0, NODES + 1)))
        links = [(link, node, "") for node, link in enumerate(STRUCTURES[structure], start=1)]
        ends = [(node, NODES + 1, "") for node in range(1, NODES + 1) if _LEAF[structure, node - 1]]
        return ArchGraph(nodes, (*links, *ends))

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Raise `SettingError`: what a graph network does depends on its graph, which is no image."""
        raise SettingError("nasbench_graph: a graph network has no layers of images; a table records its parameters")
