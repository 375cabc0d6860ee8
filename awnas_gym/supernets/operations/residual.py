"""Blocks that are a sum of two branches: ResNet's and its relatives."""

from __future__ import annotations

from abc import abstractmethod
from types import MappingProxyType
from typing import ClassVar, final

from torch import nn

from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.convolutions import conv_bn, factorized_reduction, relu_conv_bn
from awnas_gym.spaces.layers import LayerKind
from awnas_gym.spaces.nasbench201 import reduction
from awnas_gym.supernets.operations.abstract import AbstractOperation
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import Sum, chain

Branches = tuple[list[LayerSpec], list[LayerSpec]]


class AbstractResidual(AbstractOperation):
    """The sum of two branches.

    Attributes:
        after: the activation on the sum, if there is one.
    """

    shares_relu = False
    after: ClassVar[LayerKind | None] = None

    @classmethod
    @abstractmethod
    def branches(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> Branches:
        """Return the layers of both; none of the second for the image itself."""

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return the layers of both branches and the sum."""
        main, shortcut = cls.branches(c_in, c_out, size, stride=stride, affine=affine)
        return [*main, *shortcut, *added(c_out, -(-size // stride), cls.after)]

    @final
    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        main, shortcut = self.branches(c_in, c_out, 1, stride=stride, affine=affine)
        return nn.Sequential(
            Sum(chain(main, factory), chain(shortcut, factory)), chain(added(c_out, 1, self.after)[1:], factory)
        )


class AbstractResNetBlock(AbstractResidual):
    """Two convolutions with batch norm; beside them a 1x1 convolution where the shape changes [He et al., CVPR 2016].

    Attributes:
        kernel: height and width of both, in pixels.
        after: the activation after the first and after the sum.
    """

    kernel: ClassVar[int] = 3
    after: ClassVar[LayerKind | None] = "relu"

    @classmethod
    def branches(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> Branches:
        """Return the layers of both."""
        first = conv_bn(c_in, c_out, size, kernel=cls.kernel, stride=stride, activation=cls.after, affine=affine)
        second = conv_bn(c_out, c_out, -(-size // stride), kernel=cls.kernel, affine=affine)
        return [*first, *second], projection(c_in, c_out, size, stride=stride, affine=affine)


@final
class ResNetBlock(AbstractResNetBlock):
    """Kernels of 3x3."""


@final
class ResNetBlock1x1(AbstractResNetBlock):
    """Kernels of 1x1."""

    kernel = 1


@final
class ResNetBlock5x5(AbstractResNetBlock):
    """Kernels of 5x5."""

    kernel = 5


@final
class ResNetBlockSigmoid(AbstractResNetBlock):
    """Kernels of 3x3, sigmoid instead of ReLU."""

    after = "sigmoid"


@final
class ResNetBlockHardtanh(AbstractResNetBlock):
    """Kernels of 3x3, `hardtanh` instead of ReLU."""

    after = "hardtanh"


@final
class ResNetBlockPoolDownsample(AbstractResNetBlock):
    """Kernels of 3x3; at stride 2 every second pixel beside them, zeros for the other half of the channels."""

    ratios = MappingProxyType({1: 1, 2: 2})

    @classmethod
    def branches(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> Branches:
        """Return the layers of both."""
        main, _ = super().branches(c_in, c_out, size, stride=stride, affine=affine)
        pool = LayerSpec("avg_pool", c_in, c_in, size, size, stride=stride)
        shortcut = [pool, LayerSpec("pad", c_in, c_out, pool.out_height, pool.out_width)]
        return main, shortcut if stride > 1 else []


@final
class ResNetBottleneck(AbstractResidual):
    """1x1, 3x3 and 1x1 convolutions, a quarter of the channels between them [He et al., CVPR 2016]."""

    after = "relu"

    @classmethod
    def branches(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> Branches:
        """Return the layers of both."""
        middle, out = max(1, c_out // 4), -(-size // stride)
        main = [
            *conv_bn(c_in, middle, size, activation="relu", affine=affine),
            *conv_bn(middle, middle, size, kernel=3, stride=stride, activation="relu", affine=affine),
            *conv_bn(middle, c_out, out, affine=affine),
        ]
        return main, projection(c_in, c_out, size, stride=stride, affine=affine)


@final
class WideResNetBlock(AbstractResidual):
    """Batch norm and ReLU before each of two 3x3 convolutions [Zagoruyko & Komodakis, BMVC 2016]."""

    @classmethod
    def branches(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> Branches:
        """Return the layers of both."""
        out = -(-size // stride)
        main = [
            LayerSpec("batch_norm", c_in, c_in, size, size, affine=affine),
            LayerSpec("relu", c_in, c_in, size, size),
            *conv_bn(c_in, c_out, size, kernel=3, stride=stride, activation="relu", affine=affine),
            LayerSpec("conv", c_out, c_out, out, out, kernel=3),
        ]
        return main, projection(c_in, c_out, size, stride=stride, affine=affine)[:1]


@final
class ResReduceBlock(AbstractResidual):
    """A factorised reduction (at stride 1 a 1x1 convolution) and a 1x1 convolution, as in aw_nas."""

    halves = (2,)

    @classmethod
    def branches(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> Branches:
        """Return the layers of both."""
        reduce = factorized_reduction if stride > 1 else relu_conv_bn
        first = reduce(c_in, c_out, size, stride=stride, affine=affine)
        second = relu_conv_bn(c_out, c_out, -(-size // stride), affine=affine)
        shortcut = conv_bn(c_in, c_out, size, stride=stride, activation="relu", affine=affine)
        return [*first, *second], shortcut if stride > 1 or c_in != c_out else []


@final
class NASBench201Residual(AbstractResidual):
    """What halves the image between the stages of NAS-Bench-201 [Dong & Yang, ICLR 2020]."""

    @classmethod
    def branches(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> Branches:
        """Return the layers of both."""
        first = relu_conv_bn(c_in, c_out, size, kernel=3, stride=stride, affine=affine)
        second = relu_conv_bn(c_out, c_out, -(-size // stride), kernel=3, affine=affine)
        if stride > 1:
            return [*first, *second], reduction(c_in, c_out, size, residual=False)
        return [*first, *second], [] if c_in == c_out else relu_conv_bn(c_in, c_out, size, affine=affine)


@final
class NASBench201Projection(AbstractOperation):
    """The second branch of it alone: averages of 2x2 pixels and a 1x1 convolution."""

    strides = (2,)

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return two layers."""
        del stride, affine
        return reduction(c_in, c_out, size, residual=False)


def added(channels: int, size: int, activation: LayerKind | None) -> list[LayerSpec]:
    """Return a sum, and an activation of it if there is one."""
    total = LayerSpec("add", channels, channels, size, size)
    return [total] if activation is None else [total, LayerSpec(activation, channels, channels, size, size)]


def projection(c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
    """Return a 1x1 convolution with batch norm where the shape changes, else nothing."""
    return conv_bn(c_in, c_out, size, stride=stride, affine=affine) if stride > 1 or c_in != c_out else []
