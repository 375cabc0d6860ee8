"""Operations in the order of Bi-Real Net: sign, convolution of one bit, batch norm [Liu et al., ECCV 2018].

What a ReLU left is +1 everywhere: they are to read what can be negative. `supernets.binary` has such convolutions.
"""

from __future__ import annotations

from typing import final

from torch import nn

from awnas_gym.spaces import LayerSpec
from awnas_gym.supernets.operations.abstract import AbstractOperation
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.residual import AbstractResidual, Branches, projection
from awnas_gym.supernets.operations.xnor import carried


@final
class BirealUnit(AbstractResidual):
    """A half of `BirealResNetBlock`; where the shape changes, a 1x1 convolution of numbers beside it."""

    @classmethod
    def branches(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> Branches:
        """Return the layers of both."""
        main = _bireal(c_in, c_out, size, stride=stride, affine=affine)
        return main, projection(c_in, c_out, size, stride=stride, affine=affine)


@final
class BirealResNetBlock(AbstractOperation):
    """Two convolutions, beside each what it reads [Liu et al., ECCV 2018, figure 3]."""

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return the layers of both halves."""
        return [
            *BirealUnit.layers(c_in, c_out, size, stride=stride, affine=affine),
            *BirealUnit.layers(c_out, c_out, -(-size // stride), stride=1, affine=affine),
        ]

    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        first = BirealUnit(c_in, c_out, stride=stride, affine=affine, factory=factory)
        return nn.Sequential(first, BirealUnit(c_out, c_out, affine=affine, factory=factory))


@final
class BirealVGGBlock(AbstractOperation):
    """A convolution with nothing beside it; at stride 2 averages of 2x2 pixels."""

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return three layers or four."""
        return [
            *_bireal(c_in, c_out, size, stride=1, affine=affine),
            *carried(c_out, c_out, size, stride=stride),
        ]


def _bireal(c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
    """Return the signs, a 3x3 convolution and batch norm."""
    out = -(-size // stride)
    return [
        LayerSpec("bireal_sign", c_in, c_in, size, size),
        LayerSpec("conv", c_in, c_out, size, size, kernel=3, stride=stride, binary="bireal"),
        LayerSpec("batch_norm", c_out, c_out, out, out, affine=affine),
    ]
