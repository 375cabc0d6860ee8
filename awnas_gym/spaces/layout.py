"""Where the parts of a drawn `ArchGraph` go: a small layered layout, left to right, sizes in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import final

from awnas_gym.spaces.abstract import ArchGraph

FONT = 14.0
CHAR = FONT * 0.61
"""Width of one character of a monospaced font."""

PAD = 14.0
"""Room beside a text, left and right together."""

GAP_X, GAP_Y, MARGIN = 34.0, 20.0, 14.0
SLOT = 12
"""Characters that a label layer has room for at least, so that a cell grows little while it is decided."""

Point = tuple[float, float]
SWEEPS = 60


@final
@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with a text in it: centre, width and height."""

    x: float
    y: float
    width: float
    height: float
    text: str

    def overlaps(self, other: Box) -> bool:
        """Return whether the two rectangles share more than a border."""
        return (
            abs(self.x - other.x) * 2 < self.width + other.width
            and abs(self.y - other.y) * 2 < self.height + other.height
        )


@final
@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing: a box a node, and for each edge its label (None if it has none) and its path.

    A path is an even number of points: straight from the first to the second, bent to the third (horizontal at
    both ends), straight to the fourth, and so on.
    """

    width: float
    height: float
    nodes: tuple[Box, ...]
    labels: tuple[Box | None, ...]
    paths: tuple[tuple[Point, ...], ...]


@final
class _Item:
    """What stands in a layer: a node, the label of an edge, or a lane where an edge passes."""

    def __init__(self, rank: float, text: str = "", *, lines: int = 0) -> None:
        self.rank = rank
        self.width = CHAR * len(text) + PAD if text else 0.0
        self.height = max(24.0, 12.0 + 9.0 * lines) if text else 2.0
        self.before: list[_Item] = []
        self.after: list[_Item] = []
        self.x = self.y = self.slot = 0.0


def layout(graph: ArchGraph) -> Layout:
    """Place the graph: no two texts overlap, and no edge runs under a text but its own.

    Nodes are numbered in topological order; a node's column is its longest path from an input. Columns are the
    even layers, labels stand in the odd ones, and an edge has an item in every layer it crosses; so edges bend
    only in the gaps between layers.
    """
    columns = [0] * len(graph.nodes)
    for source, target, _ in sorted(graph.edges, key=lambda edge: edge[:2]):
        columns[target] = max(columns[target], columns[source] + 1)
    layers: list[list[_Item]] = [[] for _ in range(2 * max(columns, default=0) + 1)]
    nodes = []
    for i, label in enumerate(graph.nodes):
        lines = max(sum(edge[0] == i for edge in graph.edges), sum(edge[1] == i for edge in graph.edges))
        nodes.append(_Item(0.0, _shown(label) or " ", lines=lines))
        layers[2 * columns[i]].append(nodes[-1])
    chains, named = _add_edges(graph, columns, nodes, layers)
    _order(layers)
    width = _place_x(layers)
    height = _place_y(layers)
    return Layout(
        width,
        height,
        tuple(_box(item, _shown(label)) for item, label in zip(nodes, graph.nodes, strict=True)),
        tuple(
            _box(item, _shown(edge[2])) if edge[2] != "" else None
            for item, edge in zip(named, graph.edges, strict=True)
        ),
        tuple(_path(chain) for chain in chains),
    )


def _shown(label: str | None) -> str:
    return "?" if label is None else label


def _box(item: _Item, text: str) -> Box:
    return Box(item.x, item.y, item.width, item.height, text)


def _add_edges(
    graph: ArchGraph, columns: Sequence[int], nodes: Sequence[_Item], layers: Sequence[list[_Item]]
) -> tuple[list[list[_Item]], list[_Item]]:
    """Give every edge an item in each layer it crosses; return those chains and the items with the labels."""
    chains: list[list[_Item]] = [[] for _ in graph.edges]
    named: list[_Item] = [nodes[0] for _ in graph.edges]
    busy = [0] * len(layers)
    spans = [columns[target] - columns[source] for source, target, _ in graph.edges]
    above = False
    for e in sorted(range(len(spans)), key=lambda i: spans[i]):
        source, target, label = graph.edges[e]
        first, last = 2 * columns[source], 2 * columns[target]
        above = above != (spans[e] > 1)
        rank = 0.0 if spans[e] == 1 else spans[e] * (-1.0 if above else 1.0)
        where = min(range(first + 1, last, 2), key=lambda i: (busy[i], abs(2 * i - first - last)))
        busy[where] += 1
        items = [_Item(rank, _shown(label) if i == where else "") for i in range(first + 1, last)]
        for i, item in enumerate(items, start=first + 1):
            layers[i].append(item)
        chains[e] = [nodes[source], *items, nodes[target]]
        named[e] = items[where - first - 1]
        for left, right in pairwise(chains[e]):
            left.after.append(right)
            right.before.append(left)
    return chains, named


def _order(layers: Sequence[list[_Item]]) -> None:
    """Sort each layer from top to bottom: long edges outside, then the fewest crossings that sweeps find."""
    for layer in layers:
        layer.sort(key=lambda item: item.rank)
    best = [list(layer) for layer in layers]
    fewest = _crossings(layers)
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else list(reversed(layers)):
            place = {id(item): i for other in layers for i, item in enumerate(other)}
            old = {id(item): float(i) for i, item in enumerate(layer)}
            for item in layer:
                near = [place[id(other)] for other in (item.before if sweep % 2 == 0 else item.after)]
                old[id(item)] = sum(near) / len(near) if near else old[id(item)]
            layer.sort(key=lambda item: old[id(item)])
        found = _crossings(layers)
        if found < fewest:
            fewest, best = found, [list(layer) for layer in layers]
    for layer, order in zip(layers, best, strict=True):
        layer[:] = order


def _crossings(layers: Sequence[list[_Item]]) -> int:
    count = 0
    for left, right in pairwise(layers):
        place = {id(item): i for i, item in enumerate(right)}
        ends = [(i, place[id(other)]) for i, item in enumerate(left) for other in item.after]
        count += sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for k, a in enumerate(ends) for b in ends[:k])
    return count


def _place_x(layers: Sequence[list[_Item]]) -> float:
    x = MARGIN
    for i, layer in enumerate(layers):
        width = max((item.width for item in layer), default=0.0)
        if i % 2 and width:
            width = max(width, SLOT * CHAR + PAD)
        for item in layer:
            item.x, item.slot = x + width / 2, width
        x += width + GAP_X
    return x - GAP_X + MARGIN


def _place_y(layers: Sequence[list[_Item]]) -> float:
    """Pull every item towards its neighbours, keep the order and the gaps; return the height."""
    for _ in range(SWEEPS):
        for layer in layers:
            wanted = []
            for item in layer:
                pulls = [(_pull(item, other), other.y) for other in item.before + item.after]
                total = sum(weight for weight, _ in pulls)
                wanted.append(sum(weight * y for weight, y in pulls) / total if pulls else item.y)
            _spread(layer, wanted)
    items = [item for layer in layers for item in layer]
    top = min(item.y - item.height / 2 for item in items) - MARGIN
    for item in items:
        item.y -= top
    return max(item.y + item.height / 2 for item in items) + MARGIN


def _pull(item: _Item, other: _Item) -> float:
    """Return how strongly two neighbours want the same height: long edges most, so that they run straight."""
    if item.rank != other.rank:
        return 1.0
    return 8.0 if item.rank else 3.0


def _spread(layer: Sequence[_Item], wanted: Sequence[float]) -> None:
    """Set each `y` as close to the wanted one as order and gaps allow (pool adjacent violators)."""
    offsets = [0.0]
    for upper, lower in pairwise(layer):
        offsets.append(offsets[-1] + (upper.height + lower.height) / 2 + GAP_Y)
    pools: list[list[float]] = []
    for wish, offset in zip(wanted, offsets, strict=False):
        pools.append([wish - offset])
        while len(pools) > 1 and sum(pools[-2]) / len(pools[-2]) > sum(pools[-1]) / len(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    level = [sum(pool) / len(pool) for pool in pools for _ in pool]
    for item, base, offset in zip(layer, level, offsets, strict=False):
        item.y = base + offset


def _path(chain: Sequence[_Item]) -> tuple[Point, ...]:
    """Run straight through the slots and bend between them, from the first node's border to the last one's."""
    points: list[Point] = []
    for left, right in pairwise(chain):
        start, stop = left.y + _port(left.after, right), right.y + _port(right.before, left)
        if left is chain[0]:
            points.append((left.x + left.width / 2, start))
        points += [(left.x + left.slot / 2, start), (right.x - right.slot / 2, stop)]
        if right is chain[-1]:
            points.append((right.x - right.width / 2, stop))
    return tuple(points)


def _port(ends: Sequence[_Item], end: _Item) -> float:
    """Return how far from the middle of a node an edge touches it, so that several arrive side by side."""
    ordered = sorted(ends, key=lambda item: item.y)
    return 9.0 * (ordered.index(end) - (len(ordered) - 1) / 2)
