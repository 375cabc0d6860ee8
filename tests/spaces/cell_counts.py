"""Cells of NASNet's form as their definitions say, apart from the package: parameters, and numbers of classes."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np

Node = tuple[tuple[int, str], tuple[int, str]]

KERNELS = {"sep_conv_3x3": (3, 2), "sep_conv_5x5": (5, 2), "dil_conv_3x3": (3, 1), "dil_conv_5x5": (5, 1)}
"""Operation -> (kernel, how often it is applied)."""


def parameters(normal: list[Node], reduce: list[Node], *, channels: int, cells: int, loose_ends: bool) -> int:
    """Return the parameters of a network for three colours and ten classes, counted part by part."""
    total = 27 * 3 * channels + 2 * 3 * channels
    before, last, width = 3 * channels, 3 * channels, channels
    for i in range(cells):
        reduces = i in {cells // 3, 2 * cells // 3}
        nodes = reduce if reduces else normal
        width *= 1 + reduces
        # a factorised reduction has as many parameters as a 1x1 convolution: two halves
        total += before * width + 2 * width + last * width + 2 * width
        for source, operation in itertools.chain.from_iterable(nodes):
            kernel, times = KERNELS.get(operation, (0, 0))
            total += times * (kernel**2 * width + width**2 + 2 * width)
            if operation == "skip_connect" and reduces and source < 2:
                total += width**2 + 2 * width
        out = width * len(nodes)
        if loose_ends:
            read = {source for node in nodes for source, _ in node}
            ends = [value for value in range(len(nodes) + 2) if value not in read]
            total += sum(width**2 + 2 * width for end in ends if end < 2 and reduces)
            total += len(ends) * width**2 + 2 * width
            out = width
        before, last = last, out
    return total + last * 10 + 10


def classes(nodes: int, operations: int, *, distinct: bool) -> Fraction:
    """Return how many cells differ when nodes may change places.

    A class has as many members as its graph has orders of the nodes, over its automorphisms; so each labelled graph
    counts automorphisms / orders, and the labels that an automorphism leaves alone are counted by its cycles.
    """
    choose = itertools.combinations if distinct else itertools.combinations_with_replacement
    graphs = np.array(list(itertools.product(*(list(choose(range(node + 2), 2)) for node in range(nodes)))))
    orders, fixed = np.zeros(len(graphs), dtype=np.int64), np.zeros(len(graphs), dtype=np.int64)
    for places in itertools.permutations(range(nodes)):
        moved = np.array([0, 1, *(2 + place for place in places)])
        after = np.sort(moved[graphs], axis=-1)
        legal = (after < moved[2:, None]).all(axis=(1, 2))
        orders += legal
        same = legal & (after == graphs[:, places]).all(axis=(1, 2))
        for i in np.flatnonzero(same):
            fixed[i] += _labels(graphs[i].tolist(), places, moved.tolist(), operations)
    return sum((Fraction(int(a), int(b)) for a, b in zip(fixed, orders, strict=True)), Fraction(0))


def _labels(graph: list[list[int]], places: tuple[int, ...], moved: list[int], operations: int) -> int:
    labels, seen = 1, set()
    for start in range(len(places)):
        if start in seen:
            continue
        node, (a, b) = start, graph[start]
        source = a
        while node not in seen:
            seen.add(node)
            node, source = places[node], moved[source]
        if a == b:
            labels *= operations * (operations + 1) // 2
        else:
            labels *= operations**2 if source == a else operations
    return labels
