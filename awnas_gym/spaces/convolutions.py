"""Layers that many networks share: convolutions with batch norm, the factorised reduction, the classifier."""

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
) -> list[LayerSpec]:
    """Return a convolution of an image of `size` pixels, its batch norm, and the activation if there is one."""
    conv = LayerSpec("conv", c_in, c_out, size, size, kernel=kernel, stride=stride, groups=groups)
    kinds: list[LayerKind] = ["batch_norm"] if activation is None else ["batch_norm", activation]
    return [conv, *(LayerSpec(kind, c_out, c_out, conv.out_height, conv.out_width) for kind in kinds)]


def relu_conv_bn(c_in: int, c_out: int, size: int, *, kernel: int = 1, stride: int = 1) -> list[LayerSpec]:
    """Return a ReLU of an image of `size` pixels, a convolution and its batch norm."""
    return [LayerSpec("relu", c_in, c_in, size, size), *conv_bn(c_in, c_out, size, kernel=kernel, stride=stride)]


def factorized_reduction(c_in: int, c_out: int, size: int, *, stride: int = 2) -> list[LayerSpec]:
    """Return two 1x1 convolutions of half the channels each, the second of the image moved by a pixel.

    After a ReLU; their results are concatenated, and batch norm follows [Zoph et al., CVPR 2018, appendix A].
    """
    half = LayerSpec("conv", c_in, c_out // 2, size, size, stride=stride)
    out = half.out_height
    return [
        LayerSpec("relu", c_in, c_in, size, size),
        half,
        LayerSpec("pad", c_in, c_in, size, size),
        half,
        LayerSpec("concat", c_out, c_out, out, out),
        LayerSpec("batch_norm", c_out, c_out, out, out),
    ]


def classifier(c_in: int, classes: int) -> LayerSpec:
    """Return the linear layer at the end of a network."""
    return LayerSpec("linear", c_in, classes, 1, 1, bias=True)
