"""Graphs of NAS-Bench-101 in batches: which can still become legal, what is cut off, and the lowest relabelling."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.spaces.abstract import Archs

OPERATIONS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
VERTICES, MAX_EDGES = 7, 9
EDGES = tuple((source, target) for target in range(1, VERTICES) for source in range(target))
"""(source, target) of each of the first 21 decisions: edge x->y is decision x + y (y - 1) / 2."""

INTERIOR = VERTICES - 2
_LABELS = len(OPERATIONS) ** INTERIOR
_INTO_OUTPUT = EDGES.index((0, VERTICES - 1))  # the first of the edges into the output
_FAR = 99  # more edges than a graph may have
_LOW = 10  # edges of the second table of relabellings
_LABEL_BITS = 8  # of a relabelled graph's number; the edges are the bits above
_TURNED = 2**30  # above every number: an edge was turned around
_CHUNK = 2048  # graphs whose 120 relabellings fit into the processor's cache


def edges_missing_after(decided: NDArray[Any]) -> NDArray[np.int64]:
    """Return the fewest further edges that join input and output after each choice of the next, int64 `[batch, 2]`.

    Never more than one, as the edge from input to output alone does it until it is decided; `_FAR` if none do.
    """
    n = decided.shape[1] - _INTO_OUTPUT
    if n < 0:
        return np.ones((len(decided), 2), dtype=np.int64)
    edges = np.ascontiguousarray(decided.T) == 1
    ends = reached(edges[:_INTO_OUTPUT])
    missing = np.where(ends[n + 1 :].any(axis=0), 1, _FAR)[:, None].repeat(2, axis=1)
    missing[(ends[:n] & edges[_INTO_OUTPUT:]).any(axis=0)] = 0
    missing[ends[n], 1] = 0
    return missing


def reached(edges: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which vertices a path from the input ends in, bool `[vertices, batch]`.

    `edges` are the first ones, bool `[n, batch]`, and the vertices those up to the target of the last of them.
    """
    found = np.zeros((EDGES[len(edges) - 1][1] + 1, edges.shape[1]), dtype=np.bool_)
    found[0] = True
    for (source, target), edge in zip(EDGES, edges, strict=False):
        found[target] |= found[source] & edge
    return found


def prune(rows: Archs) -> tuple[NDArray[np.bool_], Archs]:
    """Return edges `[21, batch]` and labels `[5, batch]`, both 0 where a vertex is not on a path to the output."""
    columns = np.ascontiguousarray(rows.T)
    edges = columns[: len(EDGES)] == 1
    kept = reached(edges)
    used = np.zeros_like(kept)
    used[-1] = True
    for i, (source, target) in sorted(enumerate(EDGES), key=lambda item: -item[1][0]):
        used[source] |= used[target] & edges[i]
    kept &= used
    sources, targets = np.array(EDGES).T
    edges &= kept[sources] & kept[targets]
    return edges, columns[len(EDGES) :] * kept[1:-1]


def lowest_relabelled(rows: Archs) -> Archs:
    """Return the isomorphic graph of lowest index of each legal graph, int8 `[batch, 26]`, without what is cut off."""
    edges, labels = prune(rows)
    pruned, inverse = np.unique(
        _number(edges, 2) << _LABEL_BITS | _number(labels, len(OPERATIONS)), return_inverse=True
    )
    graph, label = pruned >> _LABEL_BITS, pruned & (2**_LABEL_BITS - 1)
    lowest = np.empty(len(pruned), dtype=np.int32)
    high, low, of_labels = _relabellings()
    for start in range(0, len(pruned), _CHUNK):
        part = slice(start, start + _CHUNK)
        relabelled = high.take(graph[part] >> _LOW, axis=1)
        relabelled |= low.take(graph[part] & (2**_LOW - 1), axis=1)
        relabelled |= of_labels.take(label[part], axis=1)
        lowest[part] = relabelled.min(axis=0)
    bits = lowest[:, None] >> np.arange(len(EDGES), dtype=np.int32)[::-1] + _LABEL_BITS & 1
    found: Archs = np.hstack([bits.astype(np.int8), _digits()[lowest & (2**_LABEL_BITS - 1)]])[inverse.ravel()]
    return found


def _number(digits: NDArray[Any], base: int) -> NDArray[np.int64]:
    """Return the numbers of these digits, the highest first: int64 `[batch]` of `[digits, batch]`."""
    numbers = np.zeros(digits.shape[1], dtype=np.int64)
    for digit in digits:
        numbers *= base
        numbers += digit
    return numbers


@functools.cache
def _digits() -> Archs:
    """Return the operations of each label, int8 `[243, 5]`."""
    places = len(OPERATIONS) ** np.arange(INTERIOR)[::-1]
    return (np.arange(_LABELS)[:, None] // places % len(OPERATIONS)).astype(np.int8)


@functools.cache
def _relabellings() -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return what each of the 120 relabellings makes of the first 11 edges, the last 10, and the labels.

    int32 `[120, 2048]`, `[120, 1024]`, `[120, 243]`: their parts of the new number; `_TURNED` for a relabelling that
    turns an edge around.
    """
    permutations = list(itertools.permutations(range(1, VERTICES - 1)))
    bits = np.full((len(permutations), len(EDGES)), _TURNED, dtype=np.int64)
    labels = np.zeros((len(permutations), _LABELS), dtype=np.int64)
    for p, permutation in enumerate(permutations):
        place = (0, *permutation, VERTICES - 1)
        for i, (source, target) in enumerate(EDGES):
            if place[source] < place[target]:
                bits[p, i] = 1 << (len(EDGES) - 1 - EDGES.index((place[source], place[target])) + _LABEL_BITS)
        labels[p] = _digits() @ (len(OPERATIONS) ** (INTERIOR - np.array(permutation)))
    first, last = len(EDGES) - _LOW, _LOW
    high = np.minimum(bits[:, :first] @ _unpacked(first).T, _TURNED)
    low = np.minimum(bits[:, first:] @ _unpacked(last).T, _TURNED)
    return high.astype(np.int32), low.astype(np.int32), labels.astype(np.int32)


def _unpacked(n: int) -> NDArray[np.int64]:
    """Return the bits of 0 … 2**n - 1, the highest first, int64 `[2**n, n]`."""
    return np.arange(2**n)[:, None] >> np.arange(n)[::-1] & 1
