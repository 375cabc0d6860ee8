"""Recurrent cells: sizes, the network of DARTS, notation, trees that are the same."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awnas_gym.errors import GenotypeError, SettingError
from awnas_gym.spaces import SPACES, total_macs, total_params

SPACE = SPACES.load("recurrent")()
DARTS_V2 = (
    "Genotype(recurrent=[('sigmoid', 0), ('relu', 1), ('relu', 1), ('identity', 1), ('tanh', 2), ('sigmoid', 5), "
    "('tanh', 3), ('relu', 5)], concat=range(1, 9))"
)


def test_the_size_of_the_space() -> None:
    assert SPACE.size == math.factorial(8) * 4**8


def test_the_network_of_darts() -> None:
    """22,960,000 parameters on Penn Treebank, counted with the authors' code; the paper says 23 million."""
    layers = SPACE.layers(SPACE.parse(DARTS_V2))
    assert total_params(layers) == 22_960_000
    assert total_macs(layers) == 1700 * 1700 + 8 * 850 * 1700 + 850 * 10_000
    kinds = [layer.kind for layer in layers]
    assert [kinds.count(kind) for kind in ("embedding", "linear", "tanh", "relu", "multiply")] == [1, 10, 3, 3, 9]
    assert kinds.count("sigmoid") == 9 + 2
    assert kinds.count("add") == 2 * 9 + 7


# ------------------------------------------------------------------ notation


def test_a_published_genotype_is_read() -> None:
    arch = SPACE.parse(DARTS_V2)
    assert arch.tolist() == [2, 1, 1, 1, 1, 1, 3, 2, 0, 5, 2, 3, 0, 5, 1]
    assert np.array_equal(SPACE.parse(DARTS_V2.replace("range(1, 9)", "[1, 2, 3, 4, 5, 6, 7, 8]")), arch)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (DARTS_V2.replace("('relu', 1), ", "", 1), "is no genotype of 8 recurrent nodes"),
        (DARTS_V2.replace("('sigmoid', 0)", "('sigmoid', 1)"), "node 1 reads a state of 0 … 0; got 1"),
        (DARTS_V2.replace("identity", "identiti"), r"node 4: No activation named 'identiti'\. Did you mean 'identity'"),
    ],
)
def test_what_is_no_genotype_is_refused(text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        SPACE.parse(text)


@pytest.mark.parametrize("setting", [{"nodes": 0}, {"nodes": 65}, {"hidden": 1.5}, {"tokens": True}])
def test_wrong_settings_are_refused(setting: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=f"{next(iter(setting))} is"):
        SPACES.load("recurrent")(**setting)


# ------------------------------------------------------------------ what is the same


def tree(parents: list[int], colours: list[int], node: int = 0) -> tuple[object, ...]:
    """Return the subtree below a node as nested tuples in sorted order, by the definition."""
    below = sorted(tree(parents, colours, child) for child in range(1, len(parents) + 1) if parents[child - 1] == node)
    return (colours[node - 1] if node else -1, tuple(below))


@pytest.mark.parametrize("nodes", [1, 2, 3, 4])
def test_classes_are_the_trees(nodes: int) -> None:
    space = SPACES.load("recurrent")(nodes=nodes)
    rows = np.array(list(itertools.product(*map(range, space.cardinalities))))
    found = space.canonical(rows)
    trees = [tree([0, *row[1::2]], list(row[::2])) for row in rows.tolist()]
    pairs = {(each, tuple(row)) for each, row in zip(trees, found.tolist(), strict=True)}
    assert len(pairs) == len(set(trees)) == len({row for _, row in pairs}) == space.unique_size


@given(seed=st.integers(0, 2**32 - 1))
def test_the_representative_is_the_same_tree(seed: int) -> None:
    row = SPACE.sample(np.random.default_rng(seed), 1)
    same = SPACE.canonical(row)[0].tolist()
    before, after = ([0, *each[1::2]] for each in (row[0].tolist(), same))
    assert tree(before, row[0].tolist()[::2]) == tree(after, same[::2])


def test_the_number_of_classes_of_eight_nodes() -> None:
    """Forests of rooted trees with 8 nodes of 4 colours, counted as multisets of trees of each size."""
    forests, trees = [1], [0]
    for n in range(1, 9):
        trees.append(4 * forests[n - 1])
        product = [1] + [0] * 8
        for size in range(1, n + 1):  # multisets of trees of each size
            multisets = [math.comb(trees[size] + k - 1, k) for k in range(8 // size + 1)]
            product = [
                sum(multisets[k] * product[total - k * size] for k in range(total // size + 1)) for total in range(9)
            ]
        forests.append(product[n])
    assert SPACE.unique_size == forests[8] == 9_345_761


# ------------------------------------------------------------------ as a matrix


def test_the_matrix_of_darts() -> None:
    assert len(SPACE.edge_names) == 36
    assert SPACE.edge_names[:4] == ("0->1", "0->2", "1->2", "0->3")
    assert SPACE.edge_operations == ("none", "tanh", "relu", "sigmoid", "identity")
    assert SPACE.edge_groups[0] == (0,)
    assert SPACE.edge_groups[2] == (3, 4, 5)
    assert sorted(row for group in SPACE.edge_groups for row in group) == list(range(36))


def test_a_cell_and_its_matrix() -> None:
    for arch in (SPACE.parse(DARTS_V2), *SPACE.sample(np.random.default_rng(0), 5)):
        matrix = SPACE.relax(arch)
        assert matrix.sum() == 8
        assert np.array_equal(SPACE.discretize(matrix), arch)
    assert SPACE.relax(SPACE.parse(DARTS_V2))[SPACE.edge_names.index("5->6"), 3] == 1  # ('sigmoid', 5)


def test_the_strongest_but_none_is_derived() -> None:
    weights = np.full((36, 5), 0.1)
    weights[:, 0] = 5.0  # none is never derived
    weights[SPACE.edge_names.index("2->4"), 2] = 0.2
    found = SPACE.nodes(SPACE.discretize(weights))
    assert found[3] == (2, "relu")
    assert found[4] == (0, "tanh")  # of equal ones the first


def test_layers_of_edges_are_what_a_chosen_one_adds() -> None:
    for arch in SPACE.sample(np.random.default_rng(0), 3):
        rows, columns = np.nonzero(SPACE.relax(arch))
        added = [total_params(SPACE.edge_layers(row, column)) for row, column in zip(rows, columns, strict=True)]
        assert sum(added) == total_params(SPACE.layers(arch)) - 10_000 * 851 - 1700 * 1700
    assert SPACE.edge_layers(3, 0) == []
    assert [layer.kind for layer in SPACE.edge_layers(3, 1)] == ["linear", "sigmoid", "tanh", "add", "multiply", "add"]
