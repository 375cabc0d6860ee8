"""The cells of NAS-Bench-ASR: the authors' hash, its classes, and by what reading of a cell they are classes."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError, SettingError
from awnas_gym.spaces.nasbench_asr import OPERATIONS, ZERO, NASBenchASR

SPACE = NASBenchASR()
EXAMPLE = "[[1, 0], [1, 0, 0], [1, 0, 0, 0]]"

Term = tuple[int, frozenset[tuple[object, int]]]


def walked(text: str) -> tuple[list[str], set[tuple[str, str]]]:
    """Return the vertices and edges of a cell that lie on a path from the input to the output, found by walking."""
    vector = [[int(digit) for digit in node.split(",")] for node in text.strip("[]").replace(" ", "").split("],[")]
    names = ["input", *(f"{i}{OPERATIONS[node[0]]}" for i, node in enumerate(vector, start=1)), "output"]
    edges = set(itertools.pairwise(names))
    for node, (_, *skips) in enumerate(vector, start=1):
        edges |= {(names[source], names[node + 1]) for source, skip in enumerate(skips) if skip}
    edges = {edge for edge in edges if not any(name.endswith("zero") for name in edge)}

    def paths(end: str) -> list[list[str]]:
        return [[end]] if end == "input" else [[*p, end] for a, b in edges if b == end for p in paths(a)]

    kept = {edge for path in paths("output") for edge in itertools.pairwise(path)}
    return [name for name in names if any(name in edge for edge in kept)], kept


def by_the_networks(arch: np.ndarray) -> frozenset[tuple[object, int]]:
    """Return what the authors' networks compute: skips add to a node's output, and later skips carry the sum."""
    row = arch.tolist()
    values: list[Counter[object]] = [Counter(["input"])]
    for node, first in enumerate((0, 2, 5), start=1):
        value: Counter[object] = Counter()
        if row[first] != ZERO:
            value[row[first], frozenset(values[-1].items())] += 1
        for source in range(node):
            if row[first + 1 + source]:
                value += values[source]
        values.append(value)
    return frozenset(values[-1].items())


# ------------------------------------------------------------------ the authors' hash


def test_the_hash_that_the_authors_print() -> None:
    assert SPACE.official_hash(SPACE.parse(EXAMPLE)) == "36855332a5778e0df5114305bc3ce238"
    assert SPACE.parse("[(1, 0), (1, 0, 0), (1, 0, 0, 0)]").tolist() == SPACE.parse(EXAMPLE).tolist()


def test_the_classes_are_those_of_the_authors_hash() -> None:
    """All 13,824 cells, of which 8,242 are told apart; the 8,000 without `zero` all are."""
    archs = SPACE.enumerate()
    assert len(archs) == SPACE.size == 13_824
    first: dict[str, int] = {}
    lowest = [first.setdefault(SPACE.official_hash(arch), index) for index, arch in enumerate(archs)]
    assert len(first) == SPACE.unique_size == 8242
    assert SPACE.index(SPACE.canonical(archs)).tolist() == lowest
    whole = (archs[:, [0, 2, 5]] != ZERO).all(axis=1)
    assert whole.sum() == len({lowest[i] for i in np.flatnonzero(whole)}) == 8000


def test_what_the_docstring_says_of_the_networks() -> None:
    archs = SPACE.enumerate()
    functions = [by_the_networks(arch) for arch in archs]
    assert len(set(functions)) == 9135
    graphs: dict[int, list[object]] = {}
    for graph, function in zip(SPACE.index(SPACE.canonical(archs)).tolist(), functions, strict=True):
        graphs.setdefault(graph, []).append(function)
    several = [found for found in graphs.values() if len(set(found)) > 1]
    assert (len(several), sum(map(len, several))) == (242, 5824)


# ------------------------------------------------------------------ graphs


def test_pruned_graphs_are_what_walking_finds() -> None:
    for arch in SPACE.sample(np.random.default_rng(0), 300):
        adjacency, names = SPACE.matrix(arch)
        wanted, edges = walked(SPACE.genotype(arch))
        assert names == [name.lstrip("123") for name in wanted]
        assert {(wanted[a], wanted[b]) for a, b in np.argwhere(adjacency)} == edges


def test_nothing_may_be_left() -> None:
    arch = SPACE.parse("[[5, 1], [0, 0, 1], [5, 0, 0, 0]]")
    adjacency, names = SPACE.matrix(arch)
    assert (adjacency.shape, names) == ((0, 0), [])
    assert SPACE.genotype(SPACE.canonical(arch)[0]) == "[[0, 0], [0, 0, 0], [5, 0, 0, 0]]"


def test_a_drawing_has_what_is_there_and_what_is_open() -> None:
    graph = SPACE.graph(SPACE.parse("[[1, 1], [5, 0, 1], [0, 1, 0, 0]]"))
    assert graph.nodes == ("input", "conv5", "zero", "linear", "output")
    assert set(graph.edges) == {(v, v + 1, "") for v in range(4)} | {(0, 2, ""), (1, 3, ""), (0, 4, "")}
    graph = SPACE.graph([1, 0, -1, 0, -1, -1, -1, -1, -1])
    assert graph.nodes[1:4] == ("conv5", None, None)
    assert {edge for edge in graph.edges if edge[2] is None} == {(1, 3, None), (0, 4, None), (1, 4, None), (2, 4, None)}


# ------------------------------------------------------------------ notation


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[1, 0], [1, 0, 0]]", "is no nasbench_asr genotype; the form is"),
        ("[[1, 2], [1, 0, 0], [1, 0, 0, 0]]", "is no nasbench_asr genotype"),
        ("[[6, 0], [1, 0, 0], [1, 0, 0, 0]]", r"node 1 has operation 6; legal: 0 \(linear\), 1 \(conv5\)"),
        ("[[1, 0], [1, 0, 0], [\u0661, 0, 0, 0]]", "is no nasbench_asr genotype"),
    ],
)
def test_what_is_no_genotype_is_refused(text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        SPACE.parse(text)


def test_there_are_no_layers_of_images() -> None:
    with pytest.raises(SettingError, match="no layers of images"):
        SPACE.layers(SPACE.parse(EXAMPLE))
