"""Depthwise convolutions with 1x1 convolutions behind them."""

from __future__ import annotations

from typing import ClassVar, final

from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.convolutions import dilated, separable
from awnas_gym.supernets.operations.abstract import AbstractOperation


class AbstractSepConv(AbstractOperation):
    """ReLU, depthwise and 1x1 convolution, batch norm, all twice [Zoph et al., CVPR 2018].

    Attributes:
        kernel: height and width of the depthwise convolutions, in pixels.
        expansion: channels between the halves, over those of the input; the second depthwise convolution then has
            groups of as many channels, as in aw_nas.
    """

    kernel: ClassVar[int]
    expansion: ClassVar[int] = 1

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return eight layers."""
        return separable(c_in, c_out, size, kernel=cls.kernel, stride=stride, expansion=cls.expansion, affine=affine)


@final
class SepConv3x3(AbstractSepConv):
    """Kernels of 3x3."""

    kernel = 3


@final
class SepConv5x5(AbstractSepConv):
    """Kernels of 5x5."""

    kernel = 5


@final
class SepConv7x7(AbstractSepConv):
    """Kernels of 7x7."""

    kernel = 7


@final
class SepConv3x3Exp3(AbstractSepConv):
    """Kernels of 3x3, 3 times the channels between."""

    kernel, expansion = 3, 3


@final
class SepConv3x3Exp6(AbstractSepConv):
    """Kernels of 3x3, 6 times the channels between."""

    kernel, expansion = 3, 6


@final
class SepConv5x5Exp3(AbstractSepConv):
    """Kernels of 5x5, 3 times the channels between."""

    kernel, expansion = 5, 3


@final
class SepConv5x5Exp6(AbstractSepConv):
    """Kernels of 5x5, 6 times the channels between."""

    kernel, expansion = 5, 6


class AbstractDilConv(AbstractOperation):
    """ReLU, depthwise convolution of dilation 2, 1x1 convolution, batch norm [Liu et al., ICLR 2019].

    Attributes:
        kernel: height and width of the depthwise convolution, in pixels.
    """

    kernel: ClassVar[int]

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return four layers."""
        return dilated(c_in, c_out, size, kernel=cls.kernel, stride=stride, affine=affine)


@final
class DilConv3x3(AbstractDilConv):
    """A kernel of 3x3."""

    kernel = 3


@final
class DilConv5x5(AbstractDilConv):
    """A kernel of 5x5."""

    kernel = 5
