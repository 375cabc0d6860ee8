"""The cells of ENAS: sizes, the published cell, aw_nas's network, loose ends, nodes that change places."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awnas_gym.errors import GenotypeError, UnknownNameError
from awnas_gym.spaces import SPACES, total_macs, total_params
from awnas_gym.spaces.cells import AbstractCells, lowest_order
from tests.spaces.cell_counts import classes, parameters

SPACE = SPACES.load("enas")()
PUBLISHED = (
    "0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1 | 1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1"  # the authors' final script
)
AW_NAS = "0 1 1 4 2 3 0 0 2 4 2 0 4 0 1 3 3 0 5 0 | 0 4 0 1 1 4 0 0 1 0 0 1 3 4 4 2 2 2 0 3"  # examples/mloss/enas


def nodes(space: AbstractCells, arch: np.ndarray) -> list[list[tuple[tuple[int, str], tuple[int, str]]]]:
    """Return what the nodes of both cells read and do."""
    return [
        [((row[0], space.operations[row[1]]), (row[2], space.operations[row[3]])) for row in cell]
        for cell in arch.reshape(2, 5, 4).tolist()
    ]


def test_the_size_of_the_space() -> None:
    """(6! * 5**5)**4 decision tuples."""
    assert SPACE.size == (720 * 5**5) ** 4
    assert SPACE.size == pytest.approx(2.563e25, rel=1e-3)


def test_the_network_of_aw_nas() -> None:
    """4,207,654 parameters and 1303.01 million twice the MACs, with all nodes concatenated."""
    space = SPACES.load("enas")(cells=20, output="concat")
    layers = space.layers(space.parse(AW_NAS))
    assert total_params(layers) == 4_207_654
    assert 2 * total_macs(layers) / 1e6 == pytest.approx(1303.01, abs=0.01)


@given(
    seed=st.integers(0, 2**32 - 1),
    channels=st.integers(1, 20),
    cells=st.integers(1, 9),
    output=st.sampled_from(["loose_ends", "concat"]),
)
def test_parameters_follow_the_definition(seed: int, channels: int, cells: int, output: str) -> None:
    space = SPACES.load("enas")(channels=2 * channels, cells=cells, output=output)
    arch = space.sample(np.random.default_rng(seed), 1)[0]
    expected = parameters(*nodes(space, arch), channels=2 * channels, cells=cells, loose_ends=output == "loose_ends")
    assert total_params(space.layers(arch)) == expected


def test_an_input_that_nothing_reads_is_a_loose_end_and_is_halved() -> None:
    """Every node of the reduce cell reads value 1, so 0 and all five nodes are concatenated."""
    space = SPACES.load("enas")(channels=4, cells=2)
    arch = space.parse("0 4 0 4 " * 5 + "1 4 1 4 " * 5)
    *_, concatenated, relu, mix, _, _, _ = space.layers(arch)
    assert (concatenated.kind, concatenated.c_in, concatenated.height) == ("concat", 6 * 16, 8)
    assert (relu.kind, mix.kind, mix.c_in, mix.c_out) == ("relu", "conv", 6 * 16, 16)


# ------------------------------------------------------------------ notation


def test_the_published_cell_is_read() -> None:
    arch = SPACE.parse(PUBLISHED)
    assert np.array_equal(SPACE.parse(PUBLISHED.replace("| ", "")), arch)
    assert SPACE.genotype(arch) == PUBLISHED
    normal, _ = nodes(SPACE, arch)
    assert normal[0] == ((0, "avg_pool_3x3"), (0, "sep_conv_3x3"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PUBLISHED[:-2], "is no enas genotype"),
        (PUBLISHED.replace("0 2 0 0", "2 2 0 0", 1), r"normal node 2 input 1 is 2; legal: 0 … 1 \(values before"),
        (PUBLISHED.replace("0 2 0 0", "0 5 0 0", 1), r"normal node 2 operation 1 is 5; legal: 0 … 4 \(sep_conv_3x3,"),
    ],
)
def test_what_is_no_genotype_is_refused(text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        SPACE.parse(text)


def test_another_output_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"No output of enas named 'loose'\. Did you mean 'loose_ends'"):
        SPACES.load("enas")(output="loose")


# ------------------------------------------------------------------ what is the same


@pytest.mark.parametrize(("size", "choices"), [(4, 1), (3, 2)])
def test_the_lowest_order_finds_all_classes(size: int, choices: int) -> None:
    """All cells of 4 nodes with one operation, and of 3 nodes with two."""
    values = [range(2 + node // 2) for node in range(2 * size)]
    every = np.array(list(itertools.product(*values, *[range(choices)] * (2 * size)))).reshape(-1, 2, size, 2)
    found = np.stack(lowest_order(every[:, 0], every[:, 1], choices=choices), axis=1)
    assert len(np.unique(found.reshape(len(every), -1), axis=0)) == classes(size, choices, distinct=False)


def test_the_number_of_classes() -> None:
    assert SPACE.unique_size == classes(5, 5, distinct=False) ** 2


@given(seed=st.integers(0, 2**32 - 1))
def test_the_sides_of_a_sum_change_nothing(seed: int) -> None:
    arch = SPACE.sample(np.random.default_rng(seed), 1)
    swapped = arch.reshape(2, 5, 2, 2)[:, :, ::-1].reshape(1, -1)
    assert np.array_equal(SPACE.canonical(arch), SPACE.canonical(swapped))
    assert total_macs(SPACE.layers(arch[0])) == total_macs(SPACE.layers(SPACE.canonical(arch)[0]))


# ------------------------------------------------------------------ graph


def test_the_graph_keeps_two_equal_operations() -> None:
    graph = SPACE.graph(SPACE.parse("0 4 0 4 " * 5 + "1 4 1 4 " * 5))
    place = {name: i for i, name in enumerate(graph.nodes)}
    assert graph.edges.count((place["normal 0"], place["normal 2"], "skip_connect")) == 2
    ends = [graph.nodes[a] for a, b, _ in graph.edges if b == place["normal"]]
    assert ends == ["normal 1", *(f"normal {node}" for node in range(2, 7))]
