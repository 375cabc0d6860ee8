"""The cell of NAS-Bench-101: golden numbers of the paper's data set and of its authors' code."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError
from awnas_gym.spaces import SPACES, total_params
from awnas_gym.spaces.nasbench101_graphs import EDGES, OPERATIONS, _unpacked

SPACE = SPACES.load("nasbench101")()
CONV3, CONV1, POOL = OPERATIONS


def matrix(text: str) -> list[list[int]]:
    return [[int(digit) for digit in row] for row in text.split("/")]


FIRST = SPACE.from_matrix(
    matrix("0100110/0010000/0001001/0000010/0000010/0000001/0000000"),
    ["input", CONV3, POOL, CONV3, CONV3, CONV1, "output"],
)
"""The first row of the data set by hash."""


@pytest.mark.parametrize(
    ("adjacency", "operations", "expected"),
    [  # the authors' hash of their first row, of two small graphs, and of the Inception cell in their documentation
        (
            "0100110/0010000/0001001/0000010/0000010/0000001/0000000",
            [CONV3, POOL, CONV3, CONV3, CONV1],
            "00005c142e6f48ac74fdcf73e3439874",
        ),
        ("01/00", [], "043721b9c7fe8c5fad811d47d83132ec"),
        ("0101/0010/0001/0000", [CONV3, CONV3], "b5fb4f6193360330b6ff6a52cbf0cad7"),
        (
            "0111010/0000001/0000001/0000100/0000001/0000001/0000000",
            [CONV1, CONV3, CONV3, CONV3, POOL],
            "28cfc7874f6d200472e1a9dcd8650aa0",
        ),
    ],
)
def test_official_hashes(adjacency: str, operations: list[str], expected: str) -> None:
    arch = SPACE.from_matrix(matrix(adjacency), ["input", *operations, "output"])
    assert SPACE.official_hash(arch) == expected
    assert SPACE.official_hash(SPACE.canonical(arch)[0]) == expected


def test_parameters_of_the_first_row() -> None:
    assert total_params(SPACE.layers(FIRST)) == 8_555_530


def joined(graphs: np.ndarray) -> np.ndarray:
    """Say of each row of edges whether there are at most 9 and they join input and output."""
    reached = np.zeros((7, len(graphs)), dtype=bool)
    reached[0] = True
    for i, (source, target) in enumerate(EDGES):
        reached[target] |= reached[source] & (graphs[:, i] == 1)
    return reached[6] & (graphs[:, : len(EDGES)].sum(axis=1) <= 9)


def test_size_counts_the_legal_graphs() -> None:
    assert SPACE.size == int(joined(_unpacked(len(EDGES))).sum()) * 3**5


@pytest.mark.parametrize(("vertices", "classes"), [(2, 1), (3, 7), (4, 91), (5, 2532)])
def test_different_graphs_of_few_vertices(vertices: int, classes: int) -> None:
    """Cumulative counts by the largest number of vertices, with the code of the authors."""
    place = [*range(vertices - 1), 6]
    edges = [EDGES.index((place[x], place[y])) for y in range(1, vertices) for x in range(y)]
    graphs, labels = _unpacked(len(edges)), np.stack(np.unravel_index(np.arange(3**5), (3,) * 5), axis=1)
    labels = labels[(labels[:, vertices - 2 :] == 0).all(axis=1)]
    rows = np.zeros((len(graphs) * len(labels), 26), dtype=np.int8)
    rows[:, edges] = np.repeat(graphs, len(labels), axis=0)
    rows[:, 21:] = np.tile(labels, (len(graphs), 1))
    assert len(np.unique(SPACE.index(SPACE.canonical(rows[joined(rows)])))) == classes


def test_relabelled_graphs_and_dead_vertices_are_the_same() -> None:
    one = SPACE.from_matrix(matrix("0110/0001/0001/0000"), ["input", CONV3, POOL, "output"])
    other = SPACE.from_matrix(matrix("0110/0001/0001/0000"), ["input", POOL, CONV3, "output"])
    dead = SPACE.from_matrix(matrix("01110/00001/00001/00000/00000"), ["input", POOL, CONV3, CONV1, "output"])
    assert SPACE.key(one) == SPACE.key(other) == SPACE.key(dead)
    assert SPACE.key(one) != SPACE.key(FIRST)


def test_no_walk_by_the_masks_ends_in_an_illegal_graph() -> None:
    archs = SPACE.sample(np.random.default_rng(0), 5000)
    assert (archs[:, :21].sum(axis=1) <= 9).all()
    assert np.array_equal(SPACE.check(archs), archs)


def test_masks_leave_what_a_shortest_path_can_still_complete() -> None:
    rng = np.random.default_rng(0)
    graphs = rng.integers(2, size=(3000, len(EDGES))) * (rng.random((3000, len(EDGES))) < rng.random((3000, 1)))
    for k in range(len(EDGES)):
        for choice in (0, 1):
            decided = np.column_stack([graphs[:, :k], np.full(len(graphs), choice)])
            missing = np.full((7, len(graphs)), 99)  # edges to add on the shortest way from the input to each vertex
            missing[0] = 0
            for i, (source, target) in enumerate(EDGES):
                step = np.where(decided[:, i] == 1, 0, 99) if i <= k else 1
                missing[target] = np.minimum(missing[target], missing[source] + step)
            legal = decided.sum(axis=1) + missing[6] <= 9
            np.testing.assert_array_equal(SPACE.masks(graphs[:, :k])[:, choice], legal)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0100", "7 rows of 7 digits"),
        ("/".join(["0000001"] * 7) + " " + ",".join([CONV3] * 5), "upper triangular"),
        ("/".join(["0000001"] + ["0000000"] * 6) + " " + ",".join(["conv3x3"] * 5), "Did you mean 'conv3x3-bn-relu'"),
        ("/".join(["0100000"] + ["0000000"] * 6) + " " + ",".join([CONV3] * 5), "legal after"),
    ],
)
def test_what_is_no_graph_is_refused(text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        SPACE.parse(text)


def test_every_row_of_the_benchmark(published: Callable[[str], Path]) -> None:
    """423,624 rows: each in a class of its own; parameters and the order of hashes of a sample."""
    with np.load(published("nas_bench_101/nb101_full.npz")) as file:
        data = dict(file)
    rows = np.zeros((len(data["n"]), 26), dtype=np.int8)
    for n in range(2, 8):
        of, place = data["n"] == n, [*range(n - 1), 6]
        for y in range(1, n):
            for x in range(y):
                rows[of, EDGES.index((place[x], place[y]))] = data["bits"][of] >> (x + y * (y - 1) // 2) & 1
        for i in range(n - 2):
            rows[of, 21 + i] = data["labels"][of] // 3**i % 3
    assert len(np.unique(SPACE.index(SPACE.canonical(rows)))) == SPACE.unique_size == len(rows)
    for i in np.random.default_rng(0).choice(len(rows), 200, replace=False):
        assert total_params(SPACE.layers(rows[i])) == data["params"][i]
    hashes = [SPACE.official_hash(row) for row in rows[:500]]
    assert hashes == sorted(hashes)
