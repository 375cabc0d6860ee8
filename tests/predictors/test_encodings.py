"""Architectures as bits."""

from __future__ import annotations

import numpy as np

from awnas_gym.predictors.encodings import PathEncoding, bits_of_choices
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.nasbench101 import NASBench101
from awnas_gym.spaces.nasbench201 import NASBench201
from awnas_gym.spaces.nats_size import NATSSize


def test_a_bit_for_each_choice() -> None:
    space = NATSSize()
    rows = space.check([[0, 1, 2, 3, 7], [7, 0, 0, 0, 0]])
    bits = bits_of_choices(space, rows)
    assert bits.shape == (2, 40)
    assert [np.flatnonzero(row).tolist() for row in bits] == [[0, 9, 18, 27, 39], [7, 8, 16, 24, 32]]


def test_the_paths_of_a_cell() -> None:
    space = NASBench201()
    encoding = PathEncoding(space, 84)
    assert encoding.width == 4 + 16 + 64  # paths of one, two and three operations but `none`
    row = space.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|")
    assert encoding.paths(row) == {("avg_pool_3x3",), ("nor_conv_3x3", "skip_connect", "nor_conv_1x1")}
    assert encoding(row[None]).sum() == 2
    assert encoding.paths(space.check([0] * 6)[0]) == set()


def test_the_most_frequent_paths_are_kept() -> None:
    encoding = PathEncoding(NASBench201(), 20)
    assert encoding.width == 20
    assert {len(path) for path in encoding._places} == {1, 2}, "the shortest are the most frequent"


def test_operations_on_vertices() -> None:
    space = NASBench101()
    row = space.parse("0110001/0000001/0000001/0000000/0000000/0000000/0000000 " + ",".join(5 * ["maxpool3x3"]))
    assert PathEncoding(space, 40).paths(row) == {("input",), ("input", "maxpool3x3")}
    assert PathEncoding(space, 40).width == 40


def test_cells_are_told_apart() -> None:
    space = SPACES.load("darts")()
    encoding = PathEncoding(space, 200)
    paths = encoding.paths(space.sample(np.random.default_rng(0), 1)[0])
    assert {path[0].split()[0] for path in paths} == {"normal", "reduce"}


def test_chains_have_bits_of_choices() -> None:
    space = NATSSize()
    rows = space.sample(np.random.default_rng(0), 3)
    assert np.array_equal(PathEncoding(space, 40)(rows), bits_of_choices(space, rows))
