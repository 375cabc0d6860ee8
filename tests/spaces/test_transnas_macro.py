"""The macro space of TransNAS-Bench-101: its 3,256 networks, its notation, ResNet-18 among them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError, IllegalArchitectureError, SettingError
from awnas_gym.spaces import SPACES, total_macs, total_params

SPACE = SPACES.load("transnas_macro")()


def test_the_networks_are_all_strings_with_1_to_3_doublings_and_1_to_4_halvings() -> None:
    """3,256 networks has the benchmark (its README); with these bounds there are as many."""
    strings = ["".join(types) for n in (4, 5, 6) for types in product("1234", repeat=n)]
    legal = [
        types
        for types in strings
        if 1 <= types.count("2") + types.count("4") <= 3 and 1 <= types.count("3") + types.count("4") <= 4
    ]
    assert [sum(len(types) == n for types in legal) for n in (4, 5, 6)] == [210, 750, 2296]
    assert SPACE.size == len(legal) == 3256
    assert {SPACE.genotype(arch) for arch in SPACE.enumerate()} == {f"64-{types}-basic" for types in legal}


def test_resnet_18() -> None:
    """The modules 1444 are its four stages; torchvision's has 11,689,512 parameters and 1,814,073,344 MACs in all."""
    space = SPACES.load("transnas_macro")(image_size=224, classes=1000)
    layers = space.layers(space.parse("64-1444-basic"))
    assert total_params(layers[5:-1]) == 11_689_512 - (147 * 64 + 2 * 64) - (512 * 1000 + 1000)
    assert total_macs(layers[5:-1]) == 1_814_073_344 - 147 * 64 * 112 * 112 - 512 * 1000
    assert [(layer.kind, layer.c_out, layer.out_height) for layer in layers[:5]] == [
        ("conv", 32, 112), ("batch_norm", 32, 112), ("relu", 32, 112), ("conv", 64, 56), ("batch_norm", 64, 56),
    ]  # fmt: skip


# ------------------------------------------------------------------ what is legal


@pytest.mark.parametrize(
    ("prefix", "legal"),
    [
        ([], [0, 1, 2, 3]),
        ([1, 1, 1], [0, 2]),  # doubled three times: types 1 and 3
        ([2, 2, 2, 2], [1, 2]),  # halved four times, never doubled: no end, types 1 and 2
        ([0, 0, 0, 0, 1], [4]),  # the last module, nothing done yet: type 4
        ([2, 2, 2, 0, 3], [2]),  # the same before the last module: type 2
        ([3, 0, 0, 0], [0, 1, 2, 3, 4]),
        ([3, 0, 0, 0, 0], [0]),  # no module 6 without module 5
        ([3, 3, 3, 2], [0, 1]),  # both as often as may be
    ],
)
def test_masks(prefix: list[int], legal: list[int]) -> None:
    assert np.flatnonzero(SPACE.mask(prefix)).tolist() == legal


def test_a_gap_is_refused() -> None:
    with pytest.raises(IllegalArchitectureError, match=r"decision 5 \(module 6\) is 1; legal after .*: \[0\]"):
        SPACE.check([3, 0, 0, 0, 0, 1])


# ------------------------------------------------------------------ notation


def test_the_example_of_the_authors() -> None:
    assert SPACE.parse("64-1234-basic").tolist() == [0, 1, 2, 3, 0, 0]
    assert SPACE.parse("64-123411-basic").tolist() == [0, 1, 2, 3, 1, 1]
    assert SPACE.genotype([0, 1, 2, 3, 4, 0]) == "64-12344-basic"


def test_the_graph_has_an_edge_for_each_module() -> None:
    assert SPACE.graph([0, 1, 2, 3, 0, 0]).edges == (
        (0, 1, "normal"), (1, 2, "channels x2"), (2, 3, "resolution /2"), (3, 4, "channels x2, resolution /2"),
    )  # fmt: skip
    assert [label for *_, label in SPACE.graph([0, 1, 2, 3, 1, -1]).edges[3:]] == [
        "channels x2, resolution /2", "normal", None,
    ]  # fmt: skip
    assert SPACE.graph([-1] * 6).nodes == ("input", "1", "2", "3", "4", "5", "output")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("64-123-basic", "with 4 to 6 modules of types 1 to 4"),
        ("64-1234123-basic", "with 4 to 6 modules of types 1 to 4"),
        ("64-1235-basic", "with 4 to 6 modules of types 1 to 4"),
        ("64-1230-basic", "with 4 to 6 modules of types 1 to 4"),
        ("64-1234-bottleneck", "the form is 64-1234-basic"),
        ("64-41414-1_02_333", "the form is 64-1234-basic"),
        ("32-1234-basic", "those here begin with 64-"),
        ("64-1133-basic", "doubles the channels 0 times; legal: 1 to 3"),
        ("64-2242-basic", "doubles the channels 4 times; legal: 1 to 3"),
        ("64-1122-basic", "halves the image 0 times; legal: 1 to 4"),
        ("64-33433-basic", "halves the image 5 times; legal: 1 to 4"),
    ],
)
def test_what_is_no_genotype_is_refused(text: str, message: str) -> None:
    with pytest.raises(GenotypeError, match=message):
        SPACE.parse(text)


# ------------------------------------------------------------------ layers


def test_the_first_block_of_a_module_changes_the_shape() -> None:
    """A 1x1 convolution stands beside it; 256 pixels are 64 after the stem."""
    layers = SPACE.layers(SPACE.parse("64-1234-basic"))
    shortcuts = [
        (layer.c_in, layer.c_out, layer.stride, layer.height)
        for layer in layers
        if layer.kind == "conv" and layer.kernel == 1
    ]
    assert shortcuts == [(64, 128, 1, 64), (128, 128, 2, 64), (128, 256, 2, 32)]
    assert sum(layer.kind == "conv" and layer.kernel == 3 for layer in layers) == 2 + 4 * 4
    assert sum(layer.kind == "add" for layer in layers) == 4 * 2
    assert (layers[-2].height, layers[-1].c_in, layers[-1].c_out) == (16, 256, 75)


def test_other_sizes() -> None:
    small = SPACES.load("transnas_macro")(channels=8, image_channels=1, image_size=33, classes=47)
    layers = small.layers(small.parse("8-4441-basic"))
    assert (layers[0].c_in, layers[0].c_out, layers[-2].height, layers[-1].c_in, layers[-1].c_out) == (1, 4, 2, 64, 47)
    with pytest.raises(SettingError, match="channels is an even number"):
        SPACES.load("transnas_macro")(channels=9)
