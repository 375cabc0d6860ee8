"""NAS-Bench-201: numbers published with the benchmark, and the classes of cells against an exhaustive comparison."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awnas_gym.errors import GenotypeError, SettingError, UnknownNameError
from awnas_gym.spaces import total_macs, total_params
from awnas_gym.spaces.nasbench201 import CONV1, CONV3, EDGES, NONE, OPERATIONS, NASBench201, function_hash
from tests.spaces.cells import exact_form

SPACE = NASBench201()
EVERY = SPACE.unindex(np.arange(SPACE.size))
CELLS = st.tuples(*[st.integers(0, 4)] * 6)
EXAMPLE = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"


def partition(labels: list[str]) -> np.ndarray:
    """Return for each label where it first stood: equal arrays are equal partitions."""
    _, first, inverse = np.unique(np.array(labels), return_index=True, return_inverse=True)
    return first[inverse]


@pytest.fixture(scope="module")
def published_rows(published: Callable[[str], Path]) -> list[dict[str, str]]:
    """All 15,625 rows of the benchmark in its own order."""
    with gzip.open(published("nas_bench_201/nb201.csv.gz"), "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# ------------------------------------------------------------------ golden numbers: size and order


def test_size() -> None:
    assert SPACE.size == len(EVERY) == 15_625


def test_indices_count_like_the_generator_of_nats_bench(published_rows: list[dict[str, str]]) -> None:
    """`gen_all` is the product of the operations, last edge fastest; the list is that, shuffled with seed 88."""
    order = [SPACE.genotype(arch) for arch in EVERY]
    random.Random(88).shuffle(order)
    assert order == [row["arch"] for row in published_rows]


def test_every_published_string_is_read(published_rows: list[dict[str, str]]) -> None:
    archs = np.array([SPACE.parse(row["arch"]) for row in published_rows])
    assert sorted(SPACE.index(archs).tolist()) == list(range(15_625))


def test_the_order_without_the_published_list() -> None:
    """First and last of the shuffled list, so that a machine without the data still sees a wrong order."""
    order = list(range(15_625))
    random.Random(88).shuffle(order)
    assert SPACE.genotype(SPACE.unindex(order[0])[0]) == EXAMPLE
    assert (
        SPACE.parse(
            "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"
        ).tolist()
        == SPACE.unindex(order[1])[0].tolist()
    )


# ------------------------------------------------------------------ golden numbers: classes


def test_official_strings_make_6466_classes() -> None:
    assert len({SPACE.official_string(arch) for arch in EVERY}) == 6_466


def test_official_strings_are_the_published_classes(published_rows: list[dict[str, str]]) -> None:
    ours = partition([SPACE.official_string(SPACE.parse(row["arch"])) for row in published_rows])
    assert np.array_equal(ours, partition([row["iso_class"] for row in published_rows]))


def test_canonical_is_exactly_the_equality_of_functions() -> None:
    """The hash of all 15,625 cells against a comparison that tries every renaming of convolutions."""
    exact = partition([exact_form(tuple(arch)) for arch in EVERY.tolist()])
    hashed = partition([str(value) for value in function_hash(EVERY)])
    assert len(np.unique(exact)) == SPACE.unique_size == 5_044
    assert np.array_equal(hashed, exact)
    assert np.array_equal(SPACE.index(SPACE.canonical(EVERY)), exact)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("000000", "111000", True),  # nothing reaches the output
        ("000030", "000000", True),  # a convolution of nothing is nothing
        ("300010", "030001", True),  # one 3x3 by way of node 1 or of node 2
        ("300010", "000300", True),  # or of neither
        ("300010", "300001", False),  # node 2 has nothing to pass on
        ("330011", "300310", True),  # the sum of two 3x3 of the input
        ("330011", "301011", False),  # two 3x3 are free to differ; one read twice is not
        ("311004", "344001", True),  # pooling a sum, or its terms
        ("400040", "000400", False),  # pooled twice
        ("300040", "400030", False),  # convolution then pooling, pooling then convolution
        ("000200", "000300", False),
    ],
)
def test_cells_compared_by_hand(one: str, other: str, same: bool) -> None:
    a, b = (SPACE.canonical(SPACE.check([int(c) for c in cell])) for cell in (one, other))
    assert np.array_equal(a, b) == same


def test_the_official_string_merges_what_may_differ() -> None:
    """Why 6,466 is no lower bound on the classes: two free convolutions, and one that is read twice."""
    two, twice = [3, 3, 0, 0, 1, 1], [3, 0, 1, 0, 1, 1]
    assert SPACE.official_string(two) == SPACE.official_string(twice)
    assert SPACE.key(two) != SPACE.key(twice)


def test_the_representative_is_the_first_of_its_class() -> None:
    assert (SPACE.index(SPACE.canonical(EVERY)) <= np.arange(SPACE.size)).all()


# ------------------------------------------------------------------ golden numbers: parameters and MACs

MACRO = {  # data set: (settings, parameters of the network around empty cells)
    "cifar10": ({"classes": 10}, 73_306),
    "cifar100": ({"classes": 100}, 73_306 + 5_850),
    "imagenet16-120": ({"classes": 120, "image_size": 16}, 73_306 + 7_150),
}


@pytest.mark.parametrize("dataset", MACRO)
@given(cell=CELLS)
def test_parameters(dataset: str, cell: tuple[int, ...]) -> None:
    settings, skeleton = MACRO[dataset]
    expected = skeleton + 243_040 * cell.count(CONV3) + 28_000 * cell.count(CONV1)
    assert total_params(NASBench201(**settings).layers(cell)) == expected


@given(cell=CELLS)
def test_macs(cell: tuple[int, ...]) -> None:
    convolutions = 35_389_440 * cell.count(CONV3) + 3_932_160 * cell.count(CONV1)
    cifar10 = total_macs(NASBench201().layers(cell))
    assert cifar10 == 7_783_040 + convolutions
    assert total_macs(NASBench201(classes=100).layers(cell)) == cifar10 + 64 * 90
    fc = 64 * 10
    assert total_macs(NASBench201(classes=120, image_size=16).layers(cell)) == (cifar10 - fc) // 4 + 64 * 120


@pytest.mark.parametrize(
    ("genotype", "params", "mega_macs"),  # records 0, 11 and 284 of NATS-Bench: CIFAR-10, CIFAR-100, ImageNet16-120
    [
        (EXAMPLE, (129_306, 135_156, 136_456), (15.64737, 15.65322, 3.91948)),
        (
            "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|",
            (802_426, 808_276, 809_576),
            (113.95137, 113.95722, 28.49548),
        ),
        (
            "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|none~0|nor_conv_1x1~1|none~2|",
            (101_306, 107_156, 108_456),
            (11.71521, 11.72106, 2.93644),
        ),
    ],
)
def test_published_records(genotype: str, params: tuple[int, ...], mega_macs: tuple[float, ...]) -> None:
    """Equal to the last printed digit; the authors' counter adds the biases of the classifier, one a class."""
    for (settings, _), expected_params, expected_macs in zip(MACRO.values(), params, mega_macs, strict=True):
        space = NASBench201(**settings)
        layers = space.layers(space.parse(genotype))
        assert total_params(layers) == expected_params
        assert (total_macs(layers) + settings["classes"]) / 1e6 == pytest.approx(expected_macs, abs=1e-9)


@pytest.mark.parametrize("column", ["cifar10", "cifar100", "imagenet16"])
def test_parameters_of_every_published_row(published_rows: list[dict[str, str]], column: str) -> None:
    settings = {"cifar10": {}, "cifar100": {"classes": 100}, "imagenet16": {"classes": 120, "image_size": 16}}[column]
    space = NASBench201(**settings)
    known: dict[tuple[int, int], int] = {}
    for row in published_rows:
        arch = space.parse(row["arch"])
        kinds = (int((arch == CONV1).sum()), int((arch == CONV3).sum()))
        if kinds not in known:
            known[kinds] = total_params(space.layers(arch))
        assert known[kinds] == round(float(row[f"params_m_{column}"]) * 1e6)


# ------------------------------------------------------------------ notation and errors


def test_the_genotype_names_each_edge() -> None:
    arch = SPACE.parse(EXAMPLE)
    assert [OPERATIONS[choice] for choice in arch] == [
        "avg_pool_3x3",
        "nor_conv_1x1",
        "skip_connect",
        "nor_conv_1x1",
        "skip_connect",
        "skip_connect",
    ]
    assert SPACE.decision_names[2] == "edge 1->2"
    assert SPACE.parse(f"  {EXAMPLE}\n").tolist() == arch.tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no nasbench201 genotype; the form is"),
        (EXAMPLE.replace("+", ""), "is no nasbench201 genotype; the form is"),
        (EXAMPLE + "|none~3|", "is no nasbench201 genotype; the form is"),
        (
            EXAMPLE.replace("avg_pool_3x3", "avg_pool_5x5"),
            "edge 0->1: No operation named 'avg_pool_5x5'. Did you mean 'avg_pool_3x3'?",
        ),
        (EXAMPLE.replace("skip_connect~2", "skip_connect~1"), "edge 2->3 reads node 2; got 'skip_connect~1'"),
        (EXAMPLE.replace("avg_pool_3x3~0", "avg_pool_3x3"), "edge 0->1 reads node 0; got 'avg_pool_3x3'"),
        ("__import__('os')", "is no nasbench201 genotype"),
    ],
)
def test_wrong_genotypes_are_explained(text: str, message: str) -> None:
    with pytest.raises(GenotypeError) as error:
        SPACE.parse(text)
    assert message in str(error.value)


@given(st.text(alphabet="|+~0123none_skip_connect ", max_size=60))
def test_any_text_is_read_or_explained(text: str) -> None:
    try:
        arch = SPACE.parse(text)
    except GenotypeError:
        return
    assert SPACE.genotype(arch) == text.strip()


def test_settings_build_the_space_again() -> None:
    space = NASBench201(channels=4, cells=1, image_channels=1, image_size=14, reduction="projection")
    again = NASBench201(**space.settings)
    assert again.settings == space.settings
    assert total_params(again.layers([3] * 6)) == total_params(space.layers([3] * 6))


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "16", None])
def test_sizes_are_whole_numbers_from_1(value: object) -> None:
    with pytest.raises(SettingError, match="channels is a whole number from 1"):
        NASBench201(channels=value)


def test_an_unknown_reduction_gets_a_guess() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'residual'"):
        NASBench201(reduction="resid")


def test_a_cell_that_is_not_built_yet_can_be_drawn() -> None:
    graph = SPACE.graph([1, NONE, 3, -1, -1, -1])
    assert [label for *_, label in graph.edges] == ["skip_connect", "none", "nor_conv_3x3", None, None, None]
    assert [(source, target) for source, target, _ in graph.edges] == list(EDGES)


# ------------------------------------------------------------------ the network


@given(cell=CELLS, size=st.integers(1, 33))
def test_layers_fit_each_other(cell: tuple[int, ...], size: int) -> None:
    """Channels and image sizes of what runs in the cells of a stage are those of the stage."""
    for reduction in ("residual", "projection"):
        space = NASBench201(channels=4, cells=2, image_size=size, reduction=reduction)
        layers = space.layers(cell)
        assert (layers[0].c_in, layers[0].height) == (3, size)
        assert (layers[-1].kind, layers[-1].c_in, layers[-1].c_out) == ("linear", 16, 10)
        assert {layer.height for layer in layers} <= {size, (size + 1) // 2, (size + 3) // 4, 1}
        assert {layer.c_out for layer in layers[:-1]} <= {4, 8, 16}


def test_a_larger_cell_costs_more() -> None:
    """Edges that reach no output are run, and counted."""
    dead = total_macs(SPACE.layers([3, 0, 0, 0, 0, 0]))
    assert dead > total_macs(SPACE.layers([0] * 6))
