"""The cell of NAS-Bench-201 [Dong & Yang, ICLR 2020], also the topology space of NATS-Bench."""

from __future__ import annotations

import functools
import re
from typing import Any, Literal, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import check_sizes
from awnas_gym.errors import GenotypeError, UnknownNameError, unknown
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.convolutions import classifier, conv_bn
from awnas_gym.spaces.hashing import mix
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.parts import Parts
from awnas_gym.spaces.relaxable import Relaxable

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NONE, SKIP, CONV1, CONV3, POOL = range(5)
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(source, target) of each decision, in the order of the genotype string."""

REDUCTIONS = ("residual", "projection")

_CELL = re.compile(r"\|([^|]*)\|\+\|([^|]*)\|([^|]*)\|\+\|([^|]*)\|([^|]*)\|([^|]*)\|")


@final
class NASBench201(AbstractSpace, Relaxable, Parts):
    """A cell of 4 nodes whose 6 edges each carry one of 5 operations; a node is the sum of its edges.

    The network around it: 3x3 stem convolution, `cells` cells, a reduction that halves the image and doubles
    the channels, `cells` cells, another reduction, `cells` cells, batch norm, ReLU, global pooling, classifier.

    Args:
        channels: of the stem and the first stage.
        cells: a stage.
        image_channels: of the input.
        image_size: height and width of the input, in pixels.
        classes: of the classifier.
        reduction: `"residual"` as in NAS-Bench-201 (two 3x3 convolutions beside pooling and a projection) or
            `"projection"` (pooling and the projection alone: the cell has to do the work).
    """

    name = "nasbench201"
    cardinalities = (len(OPERATIONS),) * len(EDGES)
    decision_names = tuple(f"edge {source}->{target}" for source, target in EDGES)
    unique_size = 5044

    edge_names = decision_names
    edge_operations = OPERATIONS
    edge_groups = ((0,), (1, 2), (3, 4, 5))

    def __init__(
        self,
        *,
        channels: int = 16,
        cells: int = 5,
        image_channels: int = 3,
        image_size: int = 32,
        classes: int = 10,
        reduction: Literal["residual", "projection"] = "residual",
    ) -> None:
        self._sizes = {
            "channels": channels,
            "cells": cells,
            "image_channels": image_channels,
            "image_size": image_size,
            "classes": classes,
        }
        check_sizes(self._sizes, where=self.name)
        if reduction not in REDUCTIONS:
            raise UnknownNameError("reduction", reduction, REDUCTIONS)
        self._reduction = reduction

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**self._sizes, "reduction": self._reduction}

    # ---------------------------------------------------------------- notation

    def genotype(self, arch: ArrayLike) -> str:
        """Return e.g. `|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|`."""
        row = self.check(arch)[0].tolist()
        nodes = dict.fromkeys((1, 2, 3), "")
        for (source, target), choice in zip(EDGES, row, strict=True):
            nodes[target] += f"{OPERATIONS[choice]}~{source}|"
        return "+".join(f"|{edges}" for edges in nodes.values())

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[6]`."""
        match = _CELL.fullmatch(text.strip())
        if match is None:
            raise GenotypeError(
                f"{text!r} is no nasbench201 genotype; the form is |op~0|+|op~0|op~1|+|op~0|op~1|op~2| "
                f"with op one of {', '.join(OPERATIONS)}"
            )
        arch = np.empty(len(EDGES), dtype=self.dtype)
        for i, ((source, _), part) in enumerate(zip(EDGES, match.groups(), strict=True)):
            operation, _, node = part.partition("~")
            if operation not in OPERATIONS:
                raise GenotypeError(f"{self.decision_names[i]}: {unknown('operation', operation, OPERATIONS)}")
            if node != str(source):
                raise GenotypeError(f"{self.decision_names[i]} reads node {source}; got {part!r}")
            arch[i] = OPERATIONS.index(operation)
        return arch

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return the cell: 4 nodes and 6 labelled edges, open where a decision is -1."""
        row = np.asarray(arch).tolist()
        return ArchGraph(
            nodes=("input", "1", "2", "output"),
            edges=tuple(
                (source, target, None if choice < 0 else OPERATIONS[choice])
                for (source, target), choice in zip(EDGES, row, strict=True)
            ),
        )

    # ---------------------------------------------------------------- which cells are the same

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return each cell's representative: the cell of lowest index that computes the same function.

        5,044 classes. Merged: dead and zero edges, skips, the order of sums, pooling before or after a sum
        (it is linear). Kept apart, unlike in the official string (`official_string`, 6,466 classes): one
        convolution that feeds two places and two convolutions of equal form, which are free to differ.
        """
        return self.unindex(_representatives()[self.index(archs)])

    def official_string(self, arch: ArrayLike) -> str:
        """Return the isomorphism string of NAS-Bench-201's authors (`to_unique_str`, zeros considered)."""
        nodes = ["0"]
        row = self.check(arch)[0].tolist()
        for target in (1, 2, 3):
            terms = []
            for (source, node), choice in zip(EDGES, row, strict=True):
                if node == target:
                    value = nodes[source]
                    zero = choice == NONE or value == "#"
                    terms.append("#" if zero else value if choice == SKIP else f"({value})@{OPERATIONS[choice]}")
            nodes.append("+".join(sorted(terms)))
        return nodes[-1]

    # ---------------------------------------------------------------- the network

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the network as written: edges that reach no output are run, and counted."""
        row = self.check(arch)[0].tolist()
        stages: list[LayerSpec] = []
        for stage, (width, size) in enumerate(self._stages()):
            if stage:
                before = width // 2, self._stages()[stage - 1][1]
                stages += reduction(before[0], width, before[1], residual=self._reduction == "residual")
            stages += cell(row, width, width, size) * self._sizes["cells"]
        return network(stages, self._sizes, first=self._sizes["channels"], last=width)

    def _stages(self) -> list[tuple[int, int]]:
        """Return channels and pixels of each stage."""
        width, size = self._sizes["channels"], self._sizes["image_size"]
        return [(width * 2**stage, -(-size // 2**stage)) for stage in range(3)]

    def parts(self) -> list[list[LayerSpec]]:
        """Return of each stage a 1x1 and a 3x3 convolution, pooling, ReLU and sum, and what is around the cells."""
        found: list[list[LayerSpec]] = []
        for width, size in self._stages():
            found += [_operation(choice, width, width, size) for choice in (CONV1, CONV3, POOL)]
            found += [[LayerSpec(kind, width, width, size, size)] for kind in ("relu", "add")]
        around = self.layers(np.full(len(EDGES), NONE))
        before, last, head = around[:-5], around[-5:-4], around[-4:]
        return [
            *found,
            before,
            last,
            head,
            last + head,
        ]  # the head's norm folds into the last one if no cell has layers

    def part_counts(self, archs: ArrayLike) -> NDArray[np.int32]:
        """Return how often each network has each part, int32 `[batch, 19]`."""
        rows = self.check(archs)
        convolves = (rows == CONV1) | (rows == CONV3)
        there = rows != NONE
        sources, targets = np.array(EDGES).T
        reached = np.ones((len(rows), 1 + int(targets.max())), dtype=np.bool_)  # nodes that hold a value
        relus = np.zeros(len(rows), dtype=np.int32)
        adds = np.zeros(len(rows), dtype=np.int32)
        for node in range(reached.shape[1]):
            relus += convolves[:, sources == node].any(axis=1)
            if node:
                terms = (there & reached[:, sources])[:, targets == node].sum(axis=1)
                reached[:, node] = terms > 0
                adds += np.maximum(terms - 1, 0)
        cells = np.stack([*((rows == choice).sum(axis=1) for choice in (CONV1, CONV3, POOL)), relus, adds], axis=1)
        counts = np.tile(cells * self._sizes["cells"], 3)
        empty = ~cells.any(axis=1)
        return np.column_stack([counts, np.ones(len(rows)), ~empty, ~empty, empty]).astype(np.int32)

    # ---------------------------------------------------------------- as a matrix

    def _strongest(self, weights: NDArray[np.float64]) -> Archs:
        """Return the strongest operation of each edge, `none` among them; of equal ones the first."""
        arch: Archs = weights.argmax(axis=1).astype(self.dtype)
        return arch

    def relax(self, arch: ArrayLike) -> NDArray[np.float64]:
        """Return the matrix of one architecture."""
        matrix: NDArray[np.float64] = np.eye(len(OPERATIONS))[self.check(arch)[0]]
        return matrix

    def edge_layers(self, edge: int, operation: int) -> list[LayerSpec]:
        """Return the layers of an operation on an edge, in all cells; all edges cost the same."""
        del edge
        return [
            layer
            for width, size in self._stages()
            for layer in (_operation(operation, width, width, size) if operation != NONE else []) * self._sizes["cells"]
        ]


def network(stages: list[LayerSpec], sizes: dict[str, int], *, first: int, last: int) -> list[LayerSpec]:
    """Return the layers of a whole network: the stem, `stages`, the head.

    Args:
        stages: cells and reductions.
        sizes: `image_channels`, `image_size` and `classes`.
        first: channels of the stem.
        last: channels that reach the head, at a quarter of the image's size.
    """
    size = -(-sizes["image_size"] // 4)
    return [
        *conv_bn(sizes["image_channels"], first, sizes["image_size"], kernel=3),
        *stages,
        LayerSpec("batch_norm", last, last, size, size),
        LayerSpec("relu", last, last, size, size),
        LayerSpec("global_pool", last, last, size, size),
        classifier(last, sizes["classes"]),
    ]


def reduction(c_in: int, c_out: int, size: int, *, residual: bool, affine: bool = True) -> list[LayerSpec]:
    """Return the block that halves an image of `size` pixels."""
    half = -(-size // 2)
    projection = [
        LayerSpec("avg_pool", c_in, c_in, size, size, kernel=2, stride=2),
        LayerSpec("conv", c_in, c_out, half, half),
    ]
    if not residual:
        return projection
    return [
        LayerSpec("relu", c_in, c_in, size, size),
        *conv_bn(c_in, c_out, size, kernel=3, stride=2, affine=affine),
        LayerSpec("relu", c_out, c_out, half, half),
        *conv_bn(c_out, c_out, half, kernel=3, affine=affine),
        *projection,
        LayerSpec("add", c_out, c_out, half, half),
    ]


def cell(row: list[int], c_in: int, c_out: int, size: int) -> list[LayerSpec]:
    """Return the layers of one cell; edges from the input change the width, a skip among them by a 1x1 convolution."""
    layers = []
    terms = [1, 0, 0, 0]  # values that reach each node; a node without any adds nothing to others
    rectified: set[int] = set()
    for (source, target), choice in zip(EDGES, row, strict=True):
        width = c_out if source else c_in
        if choice == NONE:
            continue
        if choice in {CONV1, CONV3} and source not in rectified:  # once a node, whatever reads it
            layers.append(LayerSpec("relu", width, width, size, size))
            rectified.add(source)
        layers += _operation(choice, width, c_out, size)
        if terms[source]:
            if terms[target]:
                layers.append(LayerSpec("add", c_out, c_out, size, size))
            terms[target] += 1
    return layers


def _operation(choice: int, c_in: int, c_out: int, size: int) -> list[LayerSpec]:
    if choice in {CONV1, CONV3}:
        return conv_bn(c_in, c_out, size, kernel=3 if choice == CONV3 else 1)
    widened = conv_bn(c_in, c_out, size, kernel=1) if c_in != c_out else []
    return [*widened, LayerSpec("avg_pool", c_out, c_out, size, size, kernel=3)] if choice == POOL else widened


# -------------------------------------------------------------------- the equivalence, in NumPy

_POOL_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def function_hash(archs: Archs) -> NDArray[np.uint64]:
    """Return a hash of the function each cell computes, uint64 `[batch]`.

    The function is what the output holds together with the multiset of live convolutions (`convolution_roles`):
    that tells one convolution read twice from two convolutions. A test compares all 15,625 cells with an
    exhaustive comparison.
    """
    held, roles = _trace(archs)
    zero = np.uint64(0)
    parts: NDArray[np.uint64] = np.where(roles != zero, mix(roles), zero)
    result: NDArray[np.uint64] = held + parts.sum(axis=1, dtype=np.uint64)
    return result


def convolution_roles(archs: Archs) -> NDArray[np.uint64]:
    """Return a hash of each edge's role, uint64 `[batch, 6]`: (form, what it reads, what becomes of it).

    0 for edges without parameters and for those that reach no output. Two cells of one class have the same
    multiset of roles; weights moved along equal roles give the same network.
    """
    return _trace(archs)[1]


def _trace(archs: Archs) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return hashes of what the output holds, uint64 `[batch]`, and of the edges' roles, uint64 `[batch, 6]`.

    A node's value is a sum, so its hash is a sum modulo 2**64; skip and pooling are linear, so they multiply;
    a convolution is a function with parameters of its own, so it scrambles what it reads. `above` hashes what
    a node holds and `below` what becomes of it.
    """
    n, zero = len(archs), np.uint64(0)
    factor = np.array([0, 1, 0, 0, _POOL_FACTOR], dtype=np.uint64)[archs]
    form = np.where((archs == CONV1) | (archs == CONV3), archs, 0).astype(np.uint64)

    above = [np.full(n, 0x243F6A8885A308D3, dtype=np.uint64)] + [np.zeros(n, np.uint64)] * 3
    for e, (source, target) in enumerate(EDGES):
        read = above[source]
        through = np.where((form[:, e] != zero) & (read != zero), mix(form[:, e], read), zero)
        above[target] = above[target] + factor[:, e] * read + through

    below = [np.zeros(n, np.uint64)] * 3 + [np.full(n, 0x13198A2E03707344, dtype=np.uint64)]
    for e, (source, target) in reversed(list(enumerate(EDGES))):
        used = below[target]
        through = np.where((form[:, e] != zero) & (used != zero), mix(form[:, e] + np.uint64(8), used), zero)
        below[source] = below[source] + factor[:, e] * used + through

    roles = np.zeros(archs.shape, dtype=np.uint64)
    for e, (source, target) in enumerate(EDGES):
        live = (form[:, e] != zero) & (above[source] != zero) & (below[target] != zero)
        roles[:, e] = np.where(live, mix(form[:, e], above[source], below[target]), zero)
    return above[3], roles


@functools.cache
def _representatives() -> NDArray[np.int64]:
    """Return, for every index, the lowest index of its class, int64 `[15625]`."""
    space = NASBench201()
    _, first, inverse = np.unique(
        function_hash(space.unindex(np.arange(space.size))), return_index=True, return_inverse=True
    )
    return first[inverse].astype(np.int64)
