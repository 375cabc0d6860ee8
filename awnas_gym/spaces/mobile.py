"""Layers that the mobile networks share: squeeze-and-excitation, inverted residuals."""

from __future__ import annotations

from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.spaces.layers import LayerKind, LayerSpec


def make_divisible(channels: float, divisor: int = 8) -> int:
    """Return the multiple of `divisor` nearest to `channels`, from `divisor` on and not below 90% of `channels`.

    The rounding of the MobileNets [Sandler et al., CVPR 2018]; halves go up.
    """
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


def squeeze_excite(channels: int, size: int) -> list[LayerSpec]:
    """Return squeeze-and-excitation as in MobileNetV3 [Howard et al., ICCV 2019]: a quarter of the channels between."""
    squeezed = make_divisible(channels // 4)
    return [
        LayerSpec("global_pool", channels, channels, size, size),
        LayerSpec("conv", channels, squeezed, 1, 1, bias=True),
        LayerSpec("relu", squeezed, squeezed, 1, 1),
        LayerSpec("conv", squeezed, channels, 1, 1, bias=True),
        LayerSpec("h_sigmoid", channels, channels, 1, 1),
        LayerSpec("multiply", channels, channels, size, size),
    ]


def inverted_residual(
    c_in: int,
    c_out: int,
    size: int,
    *,
    middle: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    activation: LayerKind = "relu",
    excited: bool = False,
    pointwise: bool = True,
    affine: bool = True,
) -> list[LayerSpec]:
    """Return an inverted residual block [Sandler et al., CVPR 2018], with its sum where the shape stays the same.

    Args:
        c_in: channels of the input.
        c_out: channels of the output.
        size: height and width of the input, in pixels.
        middle: channels of the depthwise convolution.
        kernel: height and width of the depthwise convolution.
        stride: of the depthwise convolution.
        groups: of the two 1x1 convolutions; from two on, the channels are shuffled after the first.
        activation: after the first 1x1 and the depthwise convolution.
        excited: whether squeeze-and-excitation follows the depthwise convolution.
        pointwise: whether there is a first 1x1 convolution; MobileNets leave it out where it widens nothing.
        affine: whether batch norms have a scale and a shift.
    """
    out = -(-size // stride)
    layers = conv_bn(c_in, middle, size, groups=groups, activation=activation, affine=affine) if pointwise else []
    if groups > 1:
        layers.append(LayerSpec("shuffle", middle, middle, size, size, groups=groups))
    layers += conv_bn(
        middle, middle, size, kernel=kernel, stride=stride, groups=middle, activation=activation, affine=affine
    )
    if excited:
        layers += squeeze_excite(middle, out)
    layers += conv_bn(middle, c_out, out, groups=groups, affine=affine)
    if stride == 1 and c_in == c_out:
        layers.append(LayerSpec("add", c_out, c_out, out, out))
    return layers
