"""Once-for-all's MobileNetV3: its size, blocks that are switched off, notation, networks counted by torch."""

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError, IllegalArchitectureError, SettingError
from awnas_gym.spaces import SPACES, total_macs, total_params

SPACE = SPACES.load("ofa_mbv3")()
LARGEST = " | ".join(["4: 7x6 7x6 7x6 7x6"] * 5)
SMALLEST = " | ".join(["2: 3x3 3x3"] * 5)
MIXED = "4: 7x6 5x4 3x3 7x6 | 2: 3x3 5x6 | 3: 5x3 7x4 3x6 | 2: 7x3 7x3 | 4: 3x4 3x4 5x6 3x3"


def test_the_size_of_the_paper() -> None:
    assert SPACE.size == SPACE.unique_size == (9**2 + 9**3 + 9**4) ** 5
    assert SPACE.size == pytest.approx(2.176e19, rel=1e-3)


@pytest.mark.parametrize("genotype", [LARGEST, SMALLEST, MIXED])
def test_torch_counts_the_same(genotype: str) -> None:
    nn = pytest.importorskip("torch").nn
    from tests.spaces.mobile_torch import Block, count, stem

    # the squeezed channels of the wide blocks are multiples of 8 next to a quarter of the middle, from the half up
    squeezed = {72: 24, 96: 24, 144: 40, 120: 32, 160: 40, 240: 64, 336: 88, 448: 112, 672: 168, 320: 80, 480: 120}
    squeezed |= {640: 160, 960: 240}
    parts = [*stem(16), Block(16, 16, 3, 1, None, None)]
    c_in = 16
    tables = zip((24, 40, 80, 112, 160), (2, 2, 2, 1, 2), (False, True, False, True, True), strict=True)
    for (width, stride, excited), unit in zip(tables, genotype.split(" | "), strict=True):
        for i, (kernel, _, expansion) in enumerate(unit.split(": ")[1].split()):
            squeeze = squeezed[c_in * int(expansion)] if excited else None
            parts.append(Block(c_in, width, int(kernel), 1 if i else stride, int(expansion), squeeze))
            c_in = width
    parts += [nn.Conv2d(160, 960, 1, bias=False), nn.BatchNorm2d(960), nn.AdaptiveAvgPool2d(1)]
    parts += [nn.Conv2d(960, 1280, 1, bias=False), nn.Flatten(), nn.Linear(1280, 1000)]
    layers = SPACE.layers(SPACE.parse(genotype))
    assert (total_params(layers), total_macs(layers)) == count(nn.Sequential(*parts))


@pytest.mark.parametrize(
    ("genotype", "params", "macs"), [(LARGEST, 7_664_760, 566_170_656), (SMALLEST, 3_410_792, 121_278_672)]
)
def test_the_largest_and_the_smallest_network(genotype: str, params: int, macs: int) -> None:
    """As torch counted them in the test above, for where it is not installed."""
    layers = SPACE.layers(SPACE.parse(genotype))
    assert (total_params(layers), total_macs(layers)) == (params, macs)


def test_activations_and_excitation_are_those_of_the_authors() -> None:
    layers = SPACE.layers(SPACE.parse(SMALLEST))
    activations = [layer.kind for layer in layers if layer.kind in {"relu", "h_swish"} and layer.height > 1]
    assert activations == ["h_swish"] + ["relu"] * (1 + 2 * 4) + ["h_swish"] * (3 * 4 + 1)
    assert [layer.c_in for layer in layers if layer.kind == "multiply"] == [72, 120, 240, 336, 336, 480]
    assert [layer.kind for layer in layers[-4:]] == ["global_pool", "conv", "h_swish", "linear"]
    assert layers[-4].height == 7


# ------------------------------------------------------------------ blocks that are switched off


def test_blocks_beyond_the_depth_are_0() -> None:
    """Depth is decision 0; blocks 3 and 4 of unit 1 are decisions 5 to 8."""
    row = np.full(45, 2)
    assert SPACE.genotype(row) == LARGEST
    for depth, free in [(0, [1, 1, 1, 1]), (1, [3, 3, 1, 1]), (2, [3, 3, 3, 3])]:
        row[:9] = [depth, *[2] * 4, *[0] * 4]
        assert [SPACE.mask(row[:i]).sum() for i in range(5, 9)] == free
    row[:9] = [1, 2, 2, 2, 2, 2, 2, 0, 1]
    with pytest.raises(
        IllegalArchitectureError, match=r"decision 8 \(unit 1 block 4 expansion\) is 1; legal .*: \[0\]"
    ):
        SPACE.check(row)


def test_depths_of_samples_are_uniform() -> None:
    archs = SPACE.sample(np.random.default_rng(0), 3000)
    for unit in range(5):
        assert np.bincount(archs[:, 9 * unit], minlength=3) == pytest.approx([1000] * 3, abs=130)


# ------------------------------------------------------------------ notation


def test_the_notation() -> None:
    row = SPACE.parse(MIXED)
    assert row[:18].tolist() == [2, 2, 2, 1, 1, 0, 0, 2, 2, 0, 0, 0, 1, 2, 0, 0, 0, 0]
    assert SPACE.genotype(row) == MIXED
    assert np.array_equal(SPACE.parse(MIXED.replace(" | ", "|").replace(": ", ":")), row)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("4: 7x6 5x4 3x3 7x6 | ", "", "with 5 units"),
        ("2: 3x3 5x6", "2: 3x3, 5x6", "is no ofa_mbv3 genotype"),
        ("2: 3x3 5x6", "5: 3x3 5x6", "unit 2 has depth 5; legal: 2, 3, 4"),
        ("2: 3x3 5x6", "3: 3x3 5x6", "unit 2 has depth 3 and 2 blocks"),
        ("2: 3x3 5x6", "2: 3x3 6x6", "unit 2 block 2 has kernel 6; legal: 3, 5, 7"),
        ("2: 3x3 5x6", "2: 3x5 5x6", "unit 2 block 1 has expansion 5; legal: 3, 4, 6"),
        ("2: 3x3 5x6", "2: \u0663x3 5x6", "is no ofa_mbv3 genotype"),
    ],
)
def test_what_is_no_genotype_is_refused(old: str, new: str, message: str) -> None:
    assert old in MIXED
    with pytest.raises(GenotypeError, match=message):
        SPACE.parse(MIXED.replace(old, new, 1))


def test_the_graph_is_a_chain_of_the_blocks_there_are() -> None:
    graph = SPACE.graph(SPACE.parse(SMALLEST))
    assert graph.nodes[:4] == ("input", "1.1", "unit 1", "2.1")
    assert [label for *_, label in graph.edges] == ["3x3"] * 10 + [""]
    row = SPACE.parse(SMALLEST)
    row[12:] = -1  # within unit 2, whose depth is known
    graph = SPACE.graph(row)
    assert graph.nodes == ("input", "1.1", "unit 1", "2.1", None, None, None, None, "output")
    assert [label for *_, label in graph.edges] == ["3x3"] * 3 + [None] * 4 + [""]


def test_other_images() -> None:
    space = SPACES.load("ofa_mbv3")(image_size=32, classes=10)
    assert space.layers(space.parse(SMALLEST))[-4].height == 1
    with pytest.raises(SettingError, match="ofa_mbv3: classes is a whole number"):
        SPACES.load("ofa_mbv3")(classes=0)
