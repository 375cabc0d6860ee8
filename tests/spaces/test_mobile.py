"""The blocks of mobile networks, by the parameter counts of two published networks built from them."""

import pytest

from awnas_gym.spaces import total_macs, total_params
from awnas_gym.spaces.convolutions import classifier, conv_bn
from awnas_gym.spaces.mobile import inverted_residual, make_divisible


@pytest.mark.parametrize(
    ("channels", "divisible"), [(1, 8), (11, 16), (12, 16), (18, 24), (20, 24), (36, 40), (100, 104), (96.0, 96)]
)
def test_rounding_goes_to_eights_and_never_loses_a_tenth(channels: float, divisible: int) -> None:
    assert make_divisible(channels) == divisible


def test_mobilenet_v2() -> None:
    """3,504,872 parameters and 0.30 GMACs, says torchvision of its mobilenet_v2; the paper 300 million MACs."""
    layers = conv_bn(3, 32, 224, kernel=3, stride=2, activation="relu")
    stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for expansion, width, depth, stride in stages:
        for i in range(depth):
            last = layers[-1]
            layers += inverted_residual(
                last.c_out, width, last.out_height, middle=last.c_out * expansion, kernel=3,
                stride=1 if i else stride, pointwise=expansion > 1,
            )  # fmt: skip
    layers += [*conv_bn(320, 1280, layers[-1].out_height, activation="relu"), classifier(1280, 1000)]
    assert layers[-2].height == 7
    assert total_params(layers) == 3_504_872
    assert total_macs(layers) == pytest.approx(300e6, rel=0.01)


def test_mobilenet_v3() -> None:
    """5,483,032 parameters and 0.22 GMACs, says torchvision of its mobilenet_v3_large (Howard et al., table 1)."""
    layers = conv_bn(3, 16, 224, kernel=3, stride=2, activation="h_swish")
    for kernel, middle, width, excited, stride in [
        (3, 16, 16, False, 1), (3, 64, 24, False, 2), (3, 72, 24, False, 1), (5, 72, 40, True, 2),
        (5, 120, 40, True, 1), (5, 120, 40, True, 1), (3, 240, 80, False, 2), (3, 200, 80, False, 1),
        (3, 184, 80, False, 1), (3, 184, 80, False, 1), (3, 480, 112, True, 1), (3, 672, 112, True, 1),
        (5, 672, 160, True, 2), (5, 960, 160, True, 1), (5, 960, 160, True, 1),
    ]:  # fmt: skip
        last = layers[-1]
        layers += inverted_residual(
            last.c_out, width, last.out_height, middle=middle, kernel=kernel, stride=stride,
            excited=excited, pointwise=middle != last.c_out,
        )  # fmt: skip
    layers += [*conv_bn(160, 960, 7, activation="h_swish"), classifier(960, 1280), classifier(1280, 1000)]
    assert total_params(layers) == 5_483_032
    assert total_macs(layers) == pytest.approx(217e6, rel=0.01)  # 216.6 in other people's counts, 219 in the paper


def test_groups_are_shuffled_between_the_pointwise_and_the_depthwise_convolution() -> None:
    block = inverted_residual(16, 16, 14, middle=16, kernel=5, groups=2)
    kinds = ["conv", "batch_norm", "relu", "shuffle", "conv", "batch_norm", "relu", "conv", "batch_norm", "add"]
    assert [layer.kind for layer in block] == kinds
    assert [layer.groups for layer in block if layer.kind in {"conv", "shuffle"}] == [2, 2, 16, 2]
    assert total_params(block) == 16 * 8 + 25 * 16 + 16 * 8 + 3 * 2 * 16


@pytest.mark.parametrize(("c_out", "stride"), [(24, 1), (16, 2)])
def test_a_block_that_changes_the_shape_has_no_sum(c_out: int, stride: int) -> None:
    block = inverted_residual(16, c_out, 15, middle=48, kernel=3, stride=stride, excited=True)
    assert "add" not in {layer.kind for layer in block}
    assert block[-1].c_out == c_out
    assert block[-1].out_height == (15 if stride == 1 else 8)
