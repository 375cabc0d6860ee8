"""The cells of TransNAS-Bench-101: notation, classes by an exhaustive comparison, layers counted by hand."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError, SettingError
from awnas_gym.spaces import SPACES, total_params
from awnas_gym.spaces.nasbench201 import NASBench201
from tests.spaces.cells import EDGES, exact_form, reached

SPACE = SPACES.load("transnas_micro")()
EXAMPLE = "64-41414-1_02_333"


def same_class(a: str, b: str) -> bool:
    """Say whether two cells, in the notation of the genotypes, share a representative."""
    return bool(SPACE.key(SPACE.parse(f"64-41414-{a}")) == SPACE.key(SPACE.parse(f"64-41414-{b}")))


def halving_form(cell: tuple[int, ...]) -> str:
    """Return a string that two cells that halve the image share exactly if they compute the same function.

    Each edge from the input that is not `none` has parameters; edges with parameters that reach the output are
    numbered in every way that keeps what they do, and the least of the resulting strings is the answer.
    """
    nodes: list[list[tuple[int, int]]] = [[(0, -1)], [], [], []]
    reads: dict[int, list[tuple[int, int]]] = {}
    for edge, ((source, target), choice) in enumerate(zip(EDGES, cell, strict=True)):
        if choice and nodes[source] and (choice > 1 or source == 0):
            reads[edge] = nodes[source]
            nodes[target].append((0, edge))
        elif choice:
            nodes[target] += nodes[source]
    live = reached(nodes[3], reads)
    groups = [[edge for edge in sorted(live) if cell[edge] == choice] for choice in range(4)]

    def written(order: dict[int, str]) -> str:
        def value(terms: list[tuple[int, int]]) -> str:
            return "+".join(sorted(order.get(atom, "x") for _, atom in terms))

        return ";".join([*sorted(f"{order[edge]}={value(reads[edge])}" for edge in live), value(nodes[3])])

    return min(
        written({edge: f"{choice}.{i}" for choice, edges in enumerate(orders) for i, edge in enumerate(edges)})
        for orders in product(*map(permutations, groups))
    )


# ------------------------------------------------------------------ size and notation


def test_the_size_of_the_paper() -> None:
    assert SPACE.size == 4096


def test_the_example_of_the_authors() -> None:
    """Node 1: skip of 0; node 2: none of 0, 1x1 of 1; node 3: 3x3 of 0, 1 and 2 (README of the benchmark)."""
    assert SPACE.parse(EXAMPLE).tolist() == [1, 0, 2, 3, 3, 3]
    assert SPACE.genotype([1, 0, 2, 3, 3, 3]) == EXAMPLE
    assert SPACE.graph([1, 0, 2, 3, 3, -1]).edges[:3] == (
        (0, 1, "skip_connect"), (0, 2, "none"), (1, 2, "nor_conv_1x1"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1_02_333", "is no transnas_micro genotype"),
        ("64-1234-basic", "is no transnas_micro genotype"),
        (EXAMPLE + "3", "is no transnas_micro genotype"),
        (EXAMPLE.replace("64", "6\u0664"), "is no transnas_micro genotype"),
        (EXAMPLE.replace("64", "32"), "cells of this one begin with 64-41414-"),
        (EXAMPLE.replace("41414", "41411"), "cells of this one begin with 64-41414-"),
        (EXAMPLE.replace("02", "42"), r"edge 0->2 has operation 4; legal: 0 \(none\), 1 \(skip\)"),
    ],
)
def test_what_is_no_genotype_is_refused(text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        SPACE.parse(text)


# ------------------------------------------------------------------ what is the same


def test_cells_share_a_representative_if_and_only_if_both_kinds_of_cells_compute_the_same() -> None:
    """All 4,096, compared as cells that keep the shape and as cells that halve the image."""
    archs = SPACE.enumerate()
    forms = [f"{exact_form(row)}|{halving_form(row)}" for row in map(tuple, archs.tolist())]
    first: dict[str, int] = {}
    lowest = [first.setdefault(form, index) for index, form in enumerate(forms)]
    assert len(first) == SPACE.unique_size == 1376
    assert SPACE.index(SPACE.canonical(archs)).tolist() == lowest


def test_a_skip_from_the_input_has_parameters_and_others_have_none() -> None:
    assert not same_class("1_00_030", "0_00_300")  # one and the same in NAS-Bench-201
    assert same_class("3_01_001", "3_00_010")
    assert same_class("3_20_000", "0_00_000")


def test_the_classes_are_finer_than_those_of_nasbench201() -> None:
    archs = SPACE.enumerate()
    coarse = NASBench201().index(NASBench201().canonical(archs))
    assert len(np.unique(coarse)) == 1011
    pairs = np.column_stack([coarse, SPACE.index(SPACE.canonical(archs))])
    assert len(np.unique(pairs, axis=0)) == SPACE.unique_size


# ------------------------------------------------------------------ layers


def test_the_parameters_of_the_example_by_hand() -> None:
    def halving(w: int) -> int:  # w -> 2 w channels: a factorised reduction, a 1x1, a strided 3x3, two 3x3
        return (2 * w * w + 4 * w) + (4 * w * w + 4 * w) + (18 * w * w + 4 * w) + 2 * (36 * w * w + 4 * w)

    def normal(w: int) -> int:  # a skip, a 1x1, three 3x3
        return (w * w + 2 * w) + 3 * (9 * w * w + 2 * w)

    stem = 27 * 32 + 2 * 32 + 9 * 32 * 64 + 2 * 64
    modules = halving(64) + halving(128) + halving(256) + 3 * normal(128) + 3 * normal(256) + normal(512)
    assert total_params(SPACE.layers(SPACE.parse(EXAMPLE))) == stem + modules + 512 * 75 + 75


def test_what_a_skip_is_where_the_image_is_halved() -> None:
    layers = SPACE.layers(SPACE.parse("64-41414-0_00_100"))
    convolutions = [
        (layer.c_in, layer.c_out, layer.kernel, layer.stride, layer.out_height)
        for layer in layers
        if layer.kind == "conv"
    ]
    stem = [(3, 32, 3, 2, 128), (32, 64, 3, 2, 64)]
    assert convolutions == [*stem, *[(w, w, 1, 2, 2048 // w) for w in (64, 64, 128, 128, 256, 256)]]
    assert layers[-2].height == 8


def test_sums_are_of_what_there_is() -> None:
    def sums(cell: str) -> int:
        return sum(layer.kind == "add" for layer in SPACE.layers(SPACE.parse(f"64-41414-{cell}")))

    assert sums("1_11_111") == 10 * 3  # ten cells
    assert sums("0_11_011") == 0  # node 1 holds nothing
    assert sums("0_03_303") == 0


def test_other_sizes() -> None:
    small = SPACES.load("transnas_micro")(channels=8, image_channels=1, image_size=33, classes=47)
    layers = small.layers(small.parse("8-41414-3_33_333"))
    assert (layers[0].c_in, layers[0].c_out, layers[-2].height, layers[-1].c_in, layers[-1].c_out) == (1, 4, 2, 64, 47)
    with pytest.raises(SettingError, match="channels is an even number"):
        SPACES.load("transnas_micro")(channels=7)
    with pytest.raises(SettingError, match="channels is a whole number"):
        SPACES.load("transnas_micro")(channels=0)
