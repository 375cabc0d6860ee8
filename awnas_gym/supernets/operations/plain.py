"""Blocks of networks without sums: VGG's and those of DenseNet."""

from __future__ import annotations

from typing import final

from torch import nn

from awnas_gym.errors import SettingError
from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.supernets.operations.abstract import AbstractOperation
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import Appended, chain


@final
class VGGBlock(AbstractOperation):
    """A 3x3 convolution with a bias, batch norm, ReLU; at stride 2 maxima of 2x2 pixels."""

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return three layers or four."""
        pool = LayerSpec("max_pool", c_out, c_out, size, size, kernel=2, stride=2)
        return [
            LayerSpec("conv", c_in, c_out, size, size, kernel=3, bias=True),
            LayerSpec("batch_norm", c_out, c_out, size, size, affine=affine),
            LayerSpec("relu", c_out, c_out, size, size),
            *([pool] if stride > 1 else []),
        ]


@final
class DenseBlock(AbstractOperation):
    """Append channels: batch norm, ReLU and convolution, 1x1 to four times as many, then 3x3 [Huang et al., CVPR 2017].

    What is appended are the channels that the output has more than the input.
    """

    strides = (1,)
    shares_relu = False

    @classmethod
    def check(cls, c_in: int, c_out: int, *, stride: int) -> None:
        """Raise `SettingError` for another stride, or where no channel is appended."""
        super().check(c_in, c_out, stride=stride)
        if c_out <= c_in:
            raise SettingError(f"{cls.__name__} appends channels: c_out is above c_in; got {c_out} after {c_in}")

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return seven layers."""
        more = c_out - c_in
        return [
            LayerSpec("batch_norm", c_in, c_in, size, size, affine=affine),
            LayerSpec("relu", c_in, c_in, size, size),
            *conv_bn(c_in, 4 * more, size, stride=stride, activation="relu", affine=affine),
            LayerSpec("conv", 4 * more, more, size, size, kernel=3),
            LayerSpec("concat", c_out, c_out, size, size),
        ]

    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        return Appended(chain(self.layers(c_in, c_out, 1, stride=stride, affine=affine)[:-1], factory))


@final
class DenseReduceBlock(AbstractOperation):
    """Batch norm, ReLU, 1x1 convolution, averages of 2x2 pixels [Huang et al., CVPR 2017]."""

    strides = (2,)

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return four layers."""
        return [
            LayerSpec("batch_norm", c_in, c_in, size, size, affine=affine),
            LayerSpec("relu", c_in, c_in, size, size),
            LayerSpec("conv", c_in, c_out, size, size),
            LayerSpec("avg_pool", c_out, c_out, size, size, kernel=2, stride=stride),
        ]
