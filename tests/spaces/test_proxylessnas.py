"""ProxylessNAS: its size, a published network, layers that may be gone, small sizes."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError, IllegalArchitectureError, SettingError, UnknownNameError
from awnas_gym.spaces import SPACES, total_macs, total_params
from awnas_gym.spaces.proxylessnas import BLOCKS, ProxylessNAS

SPACE = ProxylessNAS()
ZERO = list(BLOCKS).index("Zero")
MOBILE = (
    "5x5_MBConv3,3x3_MBConv3,Zero,Zero/7x7_MBConv3,3x3_MBConv3,5x5_MBConv3,5x5_MBConv3/"
    "7x7_MBConv6,5x5_MBConv3,5x5_MBConv3,5x5_MBConv3/5x5_MBConv6,5x5_MBConv3,5x5_MBConv3,5x5_MBConv3/"
    "7x7_MBConv6,7x7_MBConv6,7x7_MBConv3,7x7_MBConv3/7x7_MBConv6"
)
"""The network that the authors found for a phone, as pytorchcv's proxylessnas.py lists it."""


def test_the_size() -> None:
    assert SPACE.size == 6**6 * 7**15
    assert SPACE.unique_size == (6 * (1 + 6 + 36 + 216)) ** 5 * 6


def test_the_published_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """4,080,512 parameters, says pytorchcv of proxylessnas_mobile, and the paper (table 3) 320 million FLOPs.

    Its first stage has 32 channels, where the default of the search has 24.
    """
    monkeypatch.setattr(ProxylessNAS, "widths", (32, *ProxylessNAS.widths[1:]))
    layers = ProxylessNAS().layers(SPACE.parse(MOBILE))
    assert total_params(layers) == 4_080_512
    assert total_macs(layers) == pytest.approx(320e6, rel=0.002)


def test_blocks_are_in_the_order_of_the_authors_code() -> None:
    names = ["3x3_MBConv3", "3x3_MBConv6", "5x5_MBConv3", "5x5_MBConv6", "7x7_MBConv3", "7x7_MBConv6", "Zero"]
    assert list(BLOCKS) == names
    assert SPACE.parse(MOBILE).tolist() == [2, 0, 6, 6, 4, 0, 2, 2, 5, 2, 2, 2, 3, 2, 2, 2, 5, 5, 4, 4, 5]


def test_what_changes_the_shape_cannot_be_gone() -> None:
    firsts = [0, 4, 8, 12, 16, 20]
    assert [SPACE.cardinalities[i] for i in firsts] == [6] * 6
    assert {SPACE.cardinalities[i] for i in range(21) if i not in firsts} == {7}
    row = SPACE.parse(MOBILE)
    row[4] = ZERO
    with pytest.raises(IllegalArchitectureError, match=r"decision 4 \(stage 2 layer 1\) is 6; legal after"):
        SPACE.check(row)
    with pytest.raises(
        GenotypeError, match=r"stage 2 layer 1: No block named 'Zero'\. Known: 3x3_MBConv3, .*MBConv6\."
    ):
        SPACE.parse(MOBILE.replace("7x7_MBConv3,3x3_MBConv3,5x5", "Zero,3x3_MBConv3,5x5"))


def test_a_layer_that_is_gone_adds_nothing_and_moves_to_the_end_of_its_stage() -> None:
    row = SPACE.parse(MOBILE)
    row[[1, 2]] = ZERO, 0
    canonical = SPACE.canonical(row)[0]
    assert canonical[:4].tolist() == [2, 0, 6, 6]
    assert SPACE.layers(row) == SPACE.layers(canonical)
    assert len(SPACE.layers(np.where(np.array(SPACE.cardinalities) == 7, ZERO, 0))) == (3 + 5) + 6 * 8 + 5


def test_the_stem_has_a_block_without_a_sum() -> None:
    for space in (SPACE, ProxylessNAS(channels=8)):
        stem = space.stem()
        assert [layer.kind for layer in stem] == ["conv", "batch_norm", "relu6"] * 2 + ["conv", "batch_norm"]
        assert stem[-1].c_out == space.places[1].c_in


@pytest.mark.parametrize(
    ("channels", "widths"),
    [
        (32, [32, 16, 24, 40, 80, 96, 192, 320, 1280]),
        (8, [8, 8, 8, 16, 24, 24, 48, 80, 1280]),
        (45, [48, 24, 32, 56, 112, 136, 272, 448, 1280]),
    ],
)
def test_widths_are_in_proportion(channels: int, widths: list[int]) -> None:
    """45/32 is about the 1.4 of the authors' mobile_14."""
    space = ProxylessNAS(channels=channels)
    places = space.places
    found = [places[0].c_out, places[1].c_in, *(places[1 + i].c_out for i in (0, 4, 8, 12, 16, 20)), places[-1].c_out]
    assert found == widths


def test_a_stage_that_keeps_the_shape_by_rounding_may_lose_its_first_layer() -> None:
    """24 channels in the third and in the fourth stage, whose stride is 1."""
    space = ProxylessNAS(channels=8)
    assert [space.cardinalities[i] for i in (8, 12, 16)] == [6, 7, 6]
    row = [0] * 21
    row[12] = ZERO
    assert len(space.layers([0] * 21)) - len(space.layers(row)) == 9  # a block and its sum


def test_the_variant_for_small_images() -> None:
    space = SPACES.load("proxylessnas")(variant="cifar", image_size=32, classes=10)
    assert [place.stride for place in space.places if place.stride > 1] == [2, 2, 2]
    assert (space.layers([0] * 21)[-2].height, SPACE.layers([0] * 21)[-2].height) == (4, 7)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"No variant of proxylessnas named 'cifar10'\. Did you mean 'cifar'"):
        SPACES.load("proxylessnas")(variant="cifar10")
    with pytest.raises(SettingError, match="proxylessnas: channels is a whole number from 1; got 0"):
        SPACES.load("proxylessnas")(channels=0)
