"""What large images go through first."""

from __future__ import annotations

from typing import final

from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.supernets.operations.abstract import AbstractOperation


@final
class ImageNetStem0(AbstractOperation):
    """Two 3x3 convolutions of stride 2, a ReLU between them [Liu et al., ICLR 2019]."""

    strides = (4,)

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return five layers."""
        del stride
        first = conv_bn(c_in, max(1, c_out // 2), size, kernel=3, stride=2, activation="relu", affine=affine)
        return [*first, *conv_bn(first[-1].c_out, c_out, -(-size // 2), kernel=3, stride=2, affine=affine)]


@final
class ImageNetStem0Of7x7(AbstractOperation):
    """One 7x7 convolution of stride 2, ReLU."""

    strides = (2,)

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return three layers."""
        return conv_bn(c_in, c_out, size, kernel=7, stride=stride, activation="relu", affine=affine)


@final
class ImageNetStem1(AbstractOperation):
    """Three 3x3 convolutions of stride 2, a ReLU after each."""

    strides = (8,)

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return nine layers."""
        del stride
        layers = conv_bn(c_in, max(1, c_out // 2), size, kernel=3, stride=2, activation="relu", affine=affine)
        for _ in range(2):
            before = layers[-1]
            layers += conv_bn(
                before.c_out, c_out, before.out_height, kernel=3, stride=2, activation="relu", affine=affine
            )
        return layers


@final
class TransNASStem(AbstractOperation):
    """Two 3x3 convolutions, maxima of 2x2 pixels after each, as aw_nas has for TransNAS-Bench-101."""

    strides = (4,)

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return seven layers."""
        del stride
        half, width = -(-size // 2), max(1, c_out // 2)
        return [
            *conv_bn(c_in, width, size, kernel=3, affine=affine),
            LayerSpec("max_pool", width, width, size, size, kernel=2, stride=2),
            LayerSpec("relu", width, width, half, half),
            *conv_bn(width, c_out, half, kernel=3, affine=affine),
            LayerSpec("max_pool", c_out, c_out, half, half, kernel=2, stride=2),
        ]
