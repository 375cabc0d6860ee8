"""Once-for-all's MobileNetV2-style network: its size, its last unit, networks counted by torch."""

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError
from awnas_gym.spaces import SPACES, total_macs, total_params

SPACE = SPACES.load("ofa_mbv2")()
LARGEST = " | ".join(["4: 7x6 7x6 7x6 7x6"] * 5 + ["1: 7x6"])
SMALLEST = " | ".join(["2: 3x3 3x3"] * 5 + ["1: 3x3"])
MIXED = "4: 7x6 5x4 3x3 7x6 | 2: 3x3 5x6 | 3: 5x3 7x4 3x6 | 2: 7x3 7x3 | 4: 3x4 3x4 5x6 3x3 | 1: 5x4"


def test_the_size() -> None:
    assert SPACE.size == SPACE.unique_size == 9 * (9**2 + 9**3 + 9**4) ** 5
    assert len(SPACE.cardinalities) == 5 * 9 + 2


@pytest.mark.parametrize("genotype", [LARGEST, SMALLEST, MIXED])
def test_torch_counts_the_same(genotype: str) -> None:
    nn = pytest.importorskip("torch").nn
    from tests.spaces.mobile_torch import Block, count, stem

    parts = [*stem(32), Block(32, 16, 3, 1, None, None)]
    c_in = 16
    tables = zip((24, 40, 80, 96, 192, 320), (2, 2, 2, 1, 2, 1), genotype.split(" | "), strict=True)
    for width, stride, unit in tables:
        for i, (kernel, _, expansion) in enumerate(unit.split(": ")[1].split()):
            parts.append(Block(c_in, width, int(kernel), 1 if i else stride, int(expansion), None))
            c_in = width
    parts += [nn.Conv2d(320, 1280, 1, bias=False), nn.BatchNorm2d(1280)]
    parts += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000)]
    layers = SPACE.layers(SPACE.parse(genotype))
    assert (total_params(layers), total_macs(layers)) == count(nn.Sequential(*parts))


def test_parameters_by_hand() -> None:
    """A block of c to d channels, kernel k, middle m has m (c + k k + d) weights and 2 (m + m + d) of batch norm."""

    def block(c: int, d: int, k: int, m: int) -> int:
        return m * (c + k * k + d) + 2 * (2 * m + d)

    ends = 32 * 27 + 2 * 32 + 32 * (9 + 16) + 2 * (32 + 16) + 1280 * 320 + 2 * 1280 + 1281 * 1000
    pairs = [(16, 24), (24, 40), (40, 80), (80, 96), (96, 192), (192, 320)]
    smallest = ends + sum(block(c, d, 3, 3 * c) + (d < 320) * block(d, d, 3, 3 * d) for c, d in pairs)
    largest = ends + sum(block(c, d, 7, 6 * c) + 3 * (d < 320) * block(d, d, 7, 6 * d) for c, d in pairs)
    assert total_params(SPACE.layers(SPACE.parse(SMALLEST))) == smallest
    assert total_params(SPACE.layers(SPACE.parse(LARGEST))) == largest


def test_everything_is_relu_and_nothing_excited() -> None:
    layers = SPACE.layers(SPACE.parse(LARGEST))
    kinds = {layer.kind for layer in layers}
    assert kinds == {"conv", "batch_norm", "relu", "add", "global_pool", "linear"}
    assert [layer.kind for layer in layers].count("add") == 5 * 3  # not around the first blocks, nor the last unit


def test_the_last_unit_is_one_block() -> None:
    assert SPACE.decision_names[-2:] == ("unit 6 block 1 kernel", "unit 6 block 1 expansion")
    row = SPACE.parse(MIXED)
    assert row[-2:].tolist() == [1, 1]
    assert SPACE.genotype(row) == MIXED
    assert all(SPACE.joint_mask(i).all() and SPACE.mask(row[:i]).all() for i in (45, 46))
    with pytest.raises(GenotypeError, match="unit 6 has depth 2; legal: 1"):
        SPACE.parse(MIXED.replace("1: 5x4", "2: 5x4 5x4"))
    row[-1] = -1
    assert [label for *_, label in SPACE.graph(row).edges][-2:] == [None, ""]
    assert np.array_equal(SPACE.canonical(SPACE.parse(MIXED))[0], SPACE.parse(MIXED))
