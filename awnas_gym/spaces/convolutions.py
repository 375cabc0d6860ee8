"""Layers that many networks share: convolutions with batch norm, the factorised reduction, the classifier.

`affine` tells whether batch norms have a scale and a shift.
"""

from __future__ import annotations

from awnas_gym.spaces.layers import LayerKind, LayerSpec


def conv_bn(
    c_in: int,
    c_out: int,
    size: int,
    *,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    activation: LayerKind | None = None,
    affine: bool = True,
) -> list[LayerSpec]:
    """Return a convolution of an image of `size` pixels, its batch norm, and the activation if there is one."""
    conv = LayerSpec("conv", c_in, c_out, size, size, kernel=kernel, stride=stride, groups=groups)
    norm = LayerSpec("batch_norm", c_out, c_out, conv.out_height, conv.out_width, affine=affine)
    if activation is None:
        return [conv, norm]
    return [conv, norm, LayerSpec(activation, c_out, c_out, conv.out_height, conv.out_width)]


def relu_conv_bn(
    c_in: int, c_out: int, size: int, *, kernel: int = 1, stride: int = 1, affine: bool = True
) -> list[LayerSpec]:
    """Return a ReLU of an image of `size` pixels, a convolution and its batch norm."""
    rest = conv_bn(c_in, c_out, size, kernel=kernel, stride=stride, affine=affine)
    return [LayerSpec("relu", c_in, c_in, size, size), *rest]


def factorized_reduction(c_in: int, c_out: int, size: int, *, stride: int = 2, affine: bool = True) -> list[LayerSpec]:
    """Return two 1x1 convolutions of half the channels each, the second of the image moved by a pixel.

    After a ReLU; their results are concatenated, and batch norm follows [Zoph et al., CVPR 2018, appendix A]. Of an odd
    number of channels the second has one more.
    """
    straight, moved = (
        LayerSpec("conv", c_in, half, size, size, stride=stride) for half in (c_out // 2, c_out - c_out // 2)
    )
    out = straight.out_height
    return [
        LayerSpec("relu", c_in, c_in, size, size),
        straight,
        LayerSpec("pad", c_in, c_in, size, size),
        moved,
        LayerSpec("concat", c_out, c_out, out, out),
        LayerSpec("batch_norm", c_out, c_out, out, out, affine=affine),
    ]


def separable(
    c_in: int, c_out: int, size: int, *, kernel: int, stride: int = 1, expansion: int = 1, affine: bool = True
) -> list[LayerSpec]:
    """Return a ReLU, a depthwise and a 1x1 convolution with batch norm, and these once more.

    The stride is that of the first depthwise convolution; between the two halves there are `expansion` times the
    channels, in groups as many as the input has channels.
    """
    middle, out = expansion * c_in, -(-size // stride)
    return [
        LayerSpec("relu", c_in, c_in, size, size),
        LayerSpec("conv", c_in, c_in, size, size, kernel=kernel, stride=stride, groups=c_in),
        *conv_bn(c_in, middle, out, activation="relu", affine=affine),
        LayerSpec("conv", middle, middle, out, out, kernel=kernel, groups=c_in),
        *conv_bn(middle, c_out, out, affine=affine),
    ]


def dilated(c_in: int, c_out: int, size: int, *, kernel: int, stride: int = 1, affine: bool = True) -> list[LayerSpec]:
    """Return a ReLU, a depthwise convolution of dilation 2, a 1x1 convolution and batch norm."""
    return [
        LayerSpec("relu", c_in, c_in, size, size),
        LayerSpec("conv", c_in, c_in, size, size, kernel=kernel, stride=stride, groups=c_in, dilation=2),
        *conv_bn(c_in, c_out, -(-size // stride), affine=affine),
    ]


def classifier(c_in: int, classes: int) -> LayerSpec:
    """Return the linear layer at the end of a network."""
    return LayerSpec("linear", c_in, classes, 1, 1, bias=True)
