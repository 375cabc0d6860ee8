"""ResNet's block with two convolutions for each of its own."""

from __future__ import annotations

from typing import ClassVar, final

from torch import nn

from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.spaces.layers import LayerKind
from awnas_gym.supernets.operations.abstract import AbstractOperation
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import Sum, chain
from awnas_gym.supernets.operations.residual import added, projection


class AbstractResNetBlockSplit(AbstractOperation):
    """The sum of two 3x3 convolutions, and of two more and the shortcut; an activation after each, as in aw_nas.

    Attributes:
        activation: after both sums.
    """

    activation: ClassVar[LayerKind]

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return the layers of all branches and the sums."""
        first, second, shortcut = cls._branches(c_in, c_out, size, stride=stride, affine=affine)
        first_sum = added(c_out, -(-size // stride), cls.activation)
        return [*first, *first, *first_sum, *second, *second, first_sum[0], *shortcut, *first_sum]

    @final
    @classmethod
    def _branches(
        cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool
    ) -> tuple[list[LayerSpec], list[LayerSpec], list[LayerSpec]]:
        first = conv_bn(c_in, c_out, size, kernel=3, stride=stride, affine=affine)
        second = conv_bn(c_out, c_out, -(-size // stride), kernel=3, affine=affine)
        return first, second, projection(c_in, c_out, size, stride=stride, affine=affine)

    @final
    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        first, second, shortcut = self._branches(c_in, c_out, 1, stride=stride, affine=affine)
        main = nn.Sequential(
            Sum(chain(first, factory), chain(first, factory)),
            factory.activation(self.activation),
            Sum(chain(second, factory), chain(second, factory)),
        )
        return nn.Sequential(Sum(main, chain(shortcut, factory)), factory.activation(self.activation))


@final
class ResNetBlockSplit(AbstractResNetBlockSplit):
    """With ReLU."""

    activation = "relu"


@final
class ResNetBlockSplitSigmoid(AbstractResNetBlockSplit):
    """With sigmoid."""

    activation = "sigmoid"


@final
class ResNetBlockSplitHardtanh(AbstractResNetBlockSplit):
    """With `hardtanh`."""

    activation = "hardtanh"
