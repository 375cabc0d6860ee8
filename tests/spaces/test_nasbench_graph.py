"""The graph networks of NAS-Bench-Graph: which are legal, which are the same, and the package's own opinion of both."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError, IllegalArchitectureError, SettingError
from awnas_gym.spaces.nasbench_graph import NODES, OPERATIONS, STRUCTURES, NASBenchGraph

SPACE = NASBenchGraph()
PROTEINS = ("gcn", "sage", "arma", "fc", "skip")
EVERY_LINKS = list(itertools.product([0], range(2), range(3), range(4)))


def tree(links: tuple[int, ...], operations: tuple[str, ...], node: int = 0) -> tuple[Any, ...]:
    """Return what becomes of a node, written out: its readers in order of their text, skips left out."""
    if node not in links:
        return ("output",)
    found: list[Any] = []
    for reader in (i + 1 for i, link in enumerate(links) if link == node):
        below = tree(links, operations, reader)
        found += below if operations[reader - 1] == "skip" else [(operations[reader - 1], below)]
    return tuple(sorted(found, key=repr))


def described(arch: np.ndarray) -> tuple[tuple[int, ...], tuple[str, ...]]:
    return STRUCTURES[arch[0]], tuple(SPACE.operations[choice] for choice in arch[1:])


def test_the_structures_are_all_trees_each_once() -> None:
    none = ("fc",) * NODES
    assert len({tree(links, none) for links in STRUCTURES}) == len(STRUCTURES)
    assert {tree(links, none) for links in EVERY_LINKS} == {tree(links, none) for links in STRUCTURES}


def test_a_tuple_is_legal_unless_the_input_reaches_the_output_as_it_came() -> None:
    rows = np.stack(np.meshgrid(*map(np.arange, SPACE.cardinalities), indexing="ij"), axis=-1).reshape(-1, NODES + 1)
    free = np.array(["output" not in tree(*described(row)) for row in rows])
    np.testing.assert_array_equal(SPACE.legal(rows.astype(SPACE.dtype)), free)
    assert SPACE.size == free.sum() == 53_056


@pytest.mark.parametrize(("operations", "size"), [(OPERATIONS, 26_206), (PROTEINS, 2_021), (("gcn", "sage"), 107)])
def test_classes_are_those_of_the_trees_written_out(operations: tuple[str, ...], size: int) -> None:
    """26,206 networks has the benchmark, and 2,021 the data set proteins."""
    space = NASBenchGraph(operations=operations)
    archs = space.enumerate()
    classes = defaultdict(set)
    for arch, representative in zip(archs, space.index(space.canonical(archs)).tolist(), strict=True):
        names = tuple(operations[choice] for choice in arch[1:])
        classes[tree(STRUCTURES[arch[0]], names)].add(representative)
    assert len(classes) == space.unique_size == size
    assert all(len(each) == 1 for each in classes.values())
    assert len(set.union(*classes.values())) == size


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0,1,2,3 gcn,skip,gat,skip", "0,1,2,3 skip,skip,gcn,gat", True),
        ("0,0,0,0 gcn,gat,gcn,fc", "0,0,0,0 fc,gcn,gat,gcn", True),
        ("0,0,1,2 gcn,gat,fc,gin", "0,0,1,2 gat,gcn,gin,fc", True),
        ("0,0,1,2 gcn,gat,fc,gin", "0,0,1,2 gcn,gat,gin,fc", False),
        ("0,1,1,1 gcn,skip,skip,fc", "0,1,2,3 skip,skip,gcn,fc", False),  # two wires beside fc, and none
        ("0,1,1,1 gcn,skip,skip,fc", "0,1,2,2 skip,gcn,skip,fc", False),  # one
        ("0,1,2,2 skip,gcn,skip,fc", "0,1,1,2 gcn,skip,fc,skip", True),
    ],
)
def test_wires_and_branches(one: str, other: str, *, same: bool) -> None:
    assert (SPACE.key(SPACE.parse(one)) == SPACE.key(SPACE.parse(other))) is same


def test_nodes_may_come_in_any_order() -> None:
    first, second = SPACE.parse("0,1,2,1 gcn,gin,fc,cheb"), SPACE.parse("0,1,1,3 gcn,cheb,gin,fc")
    np.testing.assert_array_equal(SPACE.canonical(first), SPACE.canonical(second))
    assert SPACE.genotype(first) == "0,1,1,2 gcn,gin,cheb,fc"


def test_all_links_are_read_as_the_tree_they_are() -> None:
    for links in EVERY_LINKS:
        arch = SPACE.from_links(links, ["gat", "gcn", "gin", "fc"])
        assert tree(*described(arch)) == tree(links, ("gat", "gcn", "gin", "fc"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1,2,3", "the form is 0,1,1,2 gcn,cheb,gin,fc"),
        ("0,1,2,4 gcn,gcn,gcn,gcn", "nodes 1 to 4 read 0, the input, or a node before"),
        ("1,1,2,3 gcn,gcn,gcn,gcn", "nodes 1 to 4 read 0"),
        ("0,1,2,3 gcn,gcn,gcm,gcn", "Did you mean 'gcn'"),
        ("0,1,2,0 gcn,gcn,gcn,skip", "a path of skips leads from the input to the output"),
        ("0,1,2,3 skip,skip,skip,skip", "a path of skips"),
    ],
)
def test_what_is_no_network_is_refused(text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        SPACE.parse(text)


@pytest.mark.parametrize(("links", "operations"), [([0, 1, 2], ["fc"] * 4), ([0, 1, 2, 3], ["fc"] * 3)])
def test_four_nodes_are_wanted(links: list[int], operations: list[str]) -> None:
    with pytest.raises(GenotypeError, match="nodes"):
        SPACE.from_links(links, operations)


def test_the_mask_names_the_wire() -> None:
    with pytest.raises(IllegalArchitectureError, match=r"decision 1 \(node 1\) is 8; legal after \(0,\): \[0, 1, 2, 3"):
        SPACE.check([0, 8, 0, 0, 0])
    assert SPACE.mask([8]).all()


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (["gcn", "gta"], "No operation named 'gta'. Did you mean 'gat'"),
        (["gcn", "gcn"], "two or more different ones"),
        (["gcn"], "two or more different ones"),
        ("gcn", "two or more different ones"),
        ([], "two or more different ones"),
    ],
)
def test_wrong_operations_are_refused(operations: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        NASBenchGraph(operations=operations)


def test_it_has_no_layers() -> None:
    with pytest.raises(SettingError, match="no layers of images"):
        SPACE.layers([0, 0, 0, 0, 0])


def test_graphs_show_what_is_read() -> None:
    graph = SPACE.graph(SPACE.parse("0,1,1,2 gcn,cheb,gin,fc"))
    assert graph.nodes == ("input", "gcn", "cheb", "gin", "fc", "output")
    assert [edge[:2] for edge in graph.edges] == [(0, 1), (1, 2), (1, 3), (2, 4), (3, 5), (4, 5)]
    assert {label for *_, label in SPACE.graph([-1] * 5).edges} == {None}


def test_the_package_merges_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """A class each of its networks, and any network is of the class of the network that its key names."""
    package = pytest.importorskip("nas_bench_graph", reason="compares with the package: pip install nas-bench-graph")
    assert (package.link_list, package.gnn_list) == ([list(links) for links in STRUCTURES], list(OPERATIONS))
    networks = [SPACE.from_links(arch.link, arch.ops) for arch in package.all_archs()]
    assert capsys.readouterr().out == "26206\n"
    assert len(np.unique(SPACE.canonical(networks), axis=0)) == len(networks) == SPACE.unique_size
    rng = np.random.default_rng(0)
    compared = 0
    for links, choices in zip(rng.choice(EVERY_LINKS, 5000).tolist(), rng.integers(9, size=(5000, NODES)), strict=True):
        names = [OPERATIONS[choice] for choice in choices]
        if "output" not in tree(tuple(links), tuple(names)):
            compared += 1
            key = [int(digit) for digit in f"{package.Arch(links, names).valid_hash():05d}"]
            np.testing.assert_array_equal(SPACE.canonical(SPACE.from_links(links, names)), SPACE.canonical(key))
    assert compared > 4000
