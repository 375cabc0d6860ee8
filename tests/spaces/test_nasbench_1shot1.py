"""NAS-Bench-1Shot1: three spaces of graphs, all of them in NAS-Bench-101."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError, SettingError
from awnas_gym.spaces import SPACES, total_params
from awnas_gym.spaces.nasbench101_graphs import EDGES
from awnas_gym.spaces.nasbench_1shot1 import CLASSES, READS, NASBench1Shot1
from awnas_gym.testing import check_space
from experiments.speed.listed_table import published as read_published

SPACE_OF = {variant: NASBench1Shot1(variant=variant) for variant in READS}
VARIANTS = pytest.mark.parametrize("variant", READS)
SMALL = pytest.mark.parametrize("variant", [1, 2])
CONV3, CONV1, POOL = "conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"
LOOSE = f"0111101/0010100/0001000/0000001/0000000/0000000/0000000 {CONV3},{POOL},{CONV1},{CONV3},{CONV1}"
"""Of variant 1: nobody reads vertex 4."""


@VARIANTS
def test_the_contract(variant: int) -> None:
    check_space(SPACE_OF[variant])


@VARIANTS
def test_sizes_are_products_of_what_a_vertex_may_read(variant: int) -> None:
    space, reads = SPACE_OF[variant], READS[variant]
    sets = math.prod(math.comb(vertex, n) for vertex, n in enumerate(reads, 1))
    assert space.size == sets * 3 ** (len(reads) - 1) == {1: 14_580, 2: 29_160, 3: 1_312_200}[variant]
    assert sum(reads) == 9  # as many edges as NAS-Bench-101 allows


@VARIANTS
def test_every_vertex_reads_as_many_as_it_should(variant: int) -> None:
    """The in-degrees of the authors' classes, with the fifth interior vertex that they insert unread."""
    archs = SPACE_OF[variant].sample(np.random.default_rng(0), 500)
    graphs = SPACE_OF[variant].to_nasbench101(archs)
    wanted = {1: [1, 2, 2, 2, 0, 2], 2: [1, 1, 2, 2, 0, 3], 3: [1, 1, 1, 2, 2, 2]}[variant]
    for vertex, n in enumerate(wanted, 1):
        into = [i for i, (_, target) in enumerate(EDGES) if target == vertex]
        assert (graphs[:, into].sum(axis=1) == n).all()
    for arch, graph in zip(archs[:50], graphs, strict=False):
        assert np.array_equal(SPACE_OF[variant].from_nasbench101(graph), arch)


@SMALL
def test_classes_are_the_different_cells(variant: int) -> None:
    """All of them: two share a representative if and only if they have the authors' hash of NAS-Bench-101."""
    space = SPACE_OF[variant]
    archs = space.enumerate()
    graphs = space.to_nasbench101(archs)
    assert len(np.unique(space.nasbench101.index(graphs))) == space.size
    owners = space.index(space.canonical(archs))
    cells = space.nasbench101.index(space.nasbench101.canonical(graphs))
    pairs = np.unique(np.stack([owners, cells], axis=1), axis=0)
    assert len(pairs) == len(np.unique(owners)) == len(np.unique(cells)) == CLASSES[variant] == space.unique_size
    assert (owners <= space.index(archs)).all()
    rng = np.random.default_rng(0)
    for i, j in rng.integers(space.size, size=(200, 2)):
        same = space.nasbench101.official_hash(graphs[i]) == space.nasbench101.official_hash(graphs[j])
        assert same == (owners[i] == owners[j])


def test_classes_of_variant_3() -> None:
    space = SPACE_OF[3]
    owners = space.index(space.canonical(space.enumerate()))
    assert len(np.unique(owners)) == CLASSES[3] == 55_854


@VARIANTS
def test_every_architecture_is_a_row_of_nasbench101(variant: int, published: Callable[[str], Path]) -> None:
    """All 14,580, 29,160 and 1,312,200, with the parameters that are recorded there.

    In variant 2 these are of the same graph in another order of vertices, which shares out 128 channels otherwise.
    """
    archs, metrics = read_published(published("nas_bench_101/nb101_full.npz"))
    space = SPACE_OF[variant]
    everything = space.enumerate()
    representatives = everything[np.unique(space.index(space.canonical(everything)))]
    graphs = space.nasbench101.canonical(space.to_nasbench101(representatives))
    rows = {number: i for i, number in enumerate(space.nasbench101.index(space.nasbench101.canonical(archs)).tolist())}
    found = [rows[number] for number in space.nasbench101.index(graphs).tolist()]
    assert len(set(found)) == len(found) == CLASSES[variant]
    for i in np.random.default_rng(0).integers(len(found), size=50):
        params = pytest.approx(metrics["params"][found[i]], rel=0.01 if variant == 2 else 0)
        assert total_params(space.layers(representatives[i])) == params


# ------------------------------------------------------------------ notation


def test_a_genotype_is_that_of_nasbench101_with_its_loose_ends() -> None:
    space = SPACE_OF[1]
    arch = space.parse(LOOSE)
    assert dict(zip(space.decision_names, arch.tolist(), strict=True)) == {
        "vertex 1 operation": 0,
        "vertex 2 operation": 2,
        "vertex 3 inputs": 1,  # 0 and 2
        "vertex 3 operation": 1,
        "vertex 4 inputs": 0,  # 0 and 1
        "vertex 4 operation": 0,
        "output inputs": 2,  # 0 and 3
    }
    assert space.genotype(arch) == LOOSE
    assert space.key(arch) != LOOSE  # another vertex 4 that nobody reads comes first
    of_101 = SPACES.load("nasbench101")()
    assert of_101.key(of_101.parse(LOOSE)) == of_101.key(of_101.parse(space.key(arch)))
    assert len(of_101.matrix(of_101.parse(LOOSE))[1]) == 5  # input, three vertices, output


@pytest.mark.parametrize(
    ("variant", "text", "message"),
    [
        (1, "0110", "is no nasbench101 genotype"),
        (2, LOOSE, r"vertex 2 reads 2 vertices, \[0, 1\]; in variant 2 .* it reads 1 of the first 2, loose ends"),
        (3, LOOSE, "vertex 2 reads 2 vertices"),
        (1, LOOSE.replace("0111101", "0111001"), r"vertex 4 reads 1 vertices, \[1\]; .* it reads 2 of the first 4"),
        (1, LOOSE.replace("0111101/0010100", "0111100/0010110"), "the output reads 1 vertices"),
        (1, LOOSE.replace("0111101", "0111111"), "legal after"),  # ten edges
    ],
)
def test_a_graph_of_another_space_is_refused(variant: int, text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        SPACE_OF[variant].parse(text)


def test_open_choices_are_open_edges() -> None:
    graph = SPACE_OF[1].graph([2, -1, -1, -1, -1, -1, -1])
    assert graph.nodes == ("input", POOL, None, None, None, "output")
    decided = {(source, target) for source, target, label in graph.edges if label == ""}
    assert decided == {(0, 1), (0, 2), (1, 2)}  # vertices 1 and 2 have no choice of what they read
    still_open = {(source, target) for source, target, label in graph.edges if label is None}
    assert still_open == set(
        itertools.chain(((v, 3) for v in range(3)), ((v, 4) for v in range(4)), ((v, 5) for v in range(5)))
    )


@pytest.mark.parametrize("variant", [0, 4, "1", True, None, 1.5])
def test_there_are_three_variants(variant: object) -> None:
    with pytest.raises(SettingError, match="variant is 1, 2, 3; got"):
        NASBench1Shot1(variant=variant)  # type: ignore[arg-type]


def test_the_network_is_that_of_nasbench101() -> None:
    small = NASBench1Shot1(variant=2, channels=8, cells=1, image_size=16, classes=5)
    assert small.settings == {
        "variant": 2,
        "channels": 8,
        "cells": 1,
        "image_channels": 3,
        "image_size": 16,
        "classes": 5,
    }
    arch = small.sample(np.random.default_rng(0), 1)[0]
    assert small.layers(arch) == small.nasbench101.layers(small.to_nasbench101(arch)[0])
