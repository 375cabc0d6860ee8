"""The cells of DARTS: sizes, published networks, notation, nodes that change places."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awnas_gym.errors import GenotypeError, SettingError
from awnas_gym.spaces import SPACES, total_macs, total_params
from awnas_gym.spaces.darts import PAIRS
from tests.spaces.cell_counts import classes, parameters

SPACE = SPACES.load("darts")()
V1 = (
    "Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), ('sep_conv_3x3', 1), "
    "('skip_connect', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 2)], normal_concat=[2, 3, 4, 5], "
    "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 0), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('avg_pool_3x3', 0)], reduce_concat=[2, 3, 4, 5])"
)
V2 = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=range(2, 6), "
    "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=range(2, 6))"
)


def test_the_size_of_the_space() -> None:
    """1.0767e18: two cells, in each 180 choices of inputs and 7 operations on 8 edges."""
    assert SPACE.size == (7**8 * math.prod(len(pairs) for pairs in PAIRS)) ** 2
    assert [len(pairs) for pairs in PAIRS] == [1, 3, 6, 10]
    assert SPACE.size == pytest.approx(1.0767e18, rel=1e-4)


@pytest.mark.parametrize(("genotype", "params"), [(V1, 3_169_414), (V2, 3_349_342)])
def test_the_papers_networks(genotype: str, params: int) -> None:
    """Counted with the authors' code, without the auxiliary head; the paper says 3.3 million of V2."""
    assert total_params(SPACE.layers(SPACE.parse(genotype))) == params


AW_NAS = {
    "darts": (
        "sep3 0 sep3 1 skip 0 sep3 1 skip 0 sep3 1 skip 0 skip 1",
        "max3 0 max3 1 max3 0 skip 2 skip 2 avg3 0 skip 2 avg3 0",
        2_809_558,
        892.49,
    ),
    "snas": (
        "dil5 0 sep5 1 dil5 2 sep5 0 sep5 1 max3 0 max3 0 skip 2",
        "avg3 1 dil5 0 max3 0 sep3 2 dil3 2 max3 0 max3 0 sep5 4",
        3_183_238,
        1029.07,
    ),
    "pc-darts": (
        "sep3 0 sep3 1 sep5 0 sep3 1 sep5 2 sep3 0 sep3 0 dil3 1",
        "max3 1 skip 0 max3 1 max3 2 sep5 1 max3 0 max3 2 max3 4",
        4_255_678,
        1343.93,
    ),
}
"""Cells that aw_nas publishes with its results, their parameters and twice their MACs in millions."""

SHORT = {
    "sep3": "sep_conv_3x3", "sep5": "sep_conv_5x5", "dil3": "dil_conv_3x3", "dil5": "dil_conv_5x5",
    "max3": "max_pool_3x3", "avg3": "avg_pool_3x3", "skip": "skip_connect",
}  # fmt: skip


@pytest.mark.parametrize("method", AW_NAS)
def test_the_networks_of_aw_nas(method: str) -> None:
    *cells, params, flops = AW_NAS[method]
    normal, reduce = ([(SHORT[a], int(b)) for a, b in zip(*[iter(cell.split())] * 2, strict=True)] for cell in cells)
    layers = SPACE.layers(SPACE.from_edges(normal, reduce))
    assert total_params(layers) == params
    assert 2 * total_macs(layers) / 1e6 == pytest.approx(flops, abs=0.01)


@given(seed=st.integers(0, 2**32 - 1), channels=st.integers(1, 20), cells=st.integers(1, 9))
def test_parameters_follow_the_definition(seed: int, channels: int, cells: int) -> None:
    space = SPACES.load("darts")(channels=2 * channels, cells=cells)
    arch = space.sample(np.random.default_rng(seed), 1)[0]
    normal, reduce = (
        [((a[1], a[0]), (b[1], b[0])) for a, b in zip(edges[::2], edges[1::2], strict=True)]
        for edges in space.edges(arch)
    )
    expected = parameters(normal, reduce, channels=2 * channels, cells=cells, loose_ends=False)
    assert total_params(space.layers(arch)) == expected


# ------------------------------------------------------------------ notation


def test_a_published_genotype_is_read_in_any_form() -> None:
    arch = SPACE.parse(V2)
    assert np.array_equal(SPACE.parse(V2.replace(" ", "")), arch)
    assert np.array_equal(SPACE.parse(V2.replace("range(2, 6)", "[2, 3, 4, 5]").replace(", ", ",\n   ")), arch)
    assert SPACE.edges(arch)[0][4:6] == [("skip_connect", 0), ("sep_conv_3x3", 1)]  # the lower value first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (V2.replace("range(2, 6)", "range(2, 5)"), "is no darts genotype"),
        (V2.replace("'dil_conv_3x3', 2", "'dil_conv_3x3', 5"), r"normal node 5 reads two different values of 0 … 4"),
        (V2.replace("('skip_connect', 0), ('dil", "('skip_connect', 2), ('dil"), r"different .* got \[2, 2\]"),
        (V2.replace("dil_conv_3x3", "dil_conv3x3"), r"normal node 5: No operation named 'dil_conv3x3'\. Did you mean"),
        (V2.replace("max_pool_3x3", "none"), "reduce node 2: No operation named 'none'"),
    ],
)
def test_what_is_no_genotype_is_refused(text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        SPACE.parse(text)


# ------------------------------------------------------------------ what is the same


def test_the_number_of_classes() -> None:
    assert SPACE.unique_size == classes(4, 7, distinct=True) ** 2


def test_canonical_finds_all_classes_of_two_operations() -> None:
    """All 46,080 normal cells of two operations."""
    choices = [range(2 if n == 7 else n) for n in SPACE.cardinalities[:11]]
    rows = np.zeros((180 * 2**8, 22), dtype=np.int64)
    rows[:, :11] = list(itertools.product(*choices))
    assert len(np.unique(SPACE.canonical(rows), axis=0)) == classes(4, 2, distinct=True) == 17_531


@given(seed=st.integers(0, 2**32 - 1), order=st.permutations(range(4)))
def test_nodes_that_change_places_are_the_same_network(seed: int, order: list[int]) -> None:
    arch = SPACE.sample(np.random.default_rng(seed), 1)
    sources, operations = SPACE.wiring(arch)
    place = np.array([0, 1, *(2 + new for new in order)])
    moved = place[sources[:, 0]]
    if (moved >= place[2:, None]).any():
        return  # a node would read a later one
    inverse = np.argsort(order)
    sources[:, 0], operations[:, 0] = moved[:, inverse], operations[:, 0][:, inverse]
    other = SPACE.from_wiring(sources, operations)
    assert np.array_equal(SPACE.canonical(other), SPACE.canonical(arch))
    count = (total_params(SPACE.layers(other[0])), total_macs(SPACE.layers(other[0])))
    assert count == (total_params(SPACE.layers(arch[0])), total_macs(SPACE.layers(arch[0])))


# ------------------------------------------------------------------ graph and settings


def test_open_nodes_have_open_edges() -> None:
    row = np.full(22, -1)
    row[:3] = 3, 2, 1
    graph = SPACE.graph(row)
    names = {(graph.nodes[a], graph.nodes[b]): label for a, b, label in graph.edges}
    assert names["normal 0", "normal 2"] == "sep_conv_3x3"
    assert names["normal 2", "normal 3"] is None  # the third node reads 0 and 2, by what is open
    assert ("normal 1", "normal 3") not in names
    assert names["normal 0", "normal 5"] is names["normal 4", "normal 5"] is None
    assert names["reduce 0", "reduce 2"] is None


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(SettingError, match="cells is a whole number from 1; got 0"):
        SPACES.load("darts")(cells=0)
