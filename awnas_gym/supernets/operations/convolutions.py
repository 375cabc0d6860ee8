"""Convolutions with batch norm and ReLU, in the orders that networks have them in."""

from __future__ import annotations

from typing import ClassVar, final

from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.convolutions import conv_bn, relu_conv_bn
from awnas_gym.supernets.operations.abstract import ALWAYS_SAME, SAME, AbstractOperation


class AbstractReLUConvBN(AbstractOperation):
    """ReLU, convolution, batch norm.

    Attributes:
        kernel: height and width, in pixels.
    """

    kernel: ClassVar[int]

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return three layers."""
        return relu_conv_bn(c_in, c_out, size, kernel=cls.kernel, stride=stride, affine=affine)


@final
class ReLUConvBN1x1(AbstractReLUConvBN):
    """ReLU, 1x1 convolution, batch norm."""

    kernel = 1


@final
class ReLUConvBN3x3(AbstractReLUConvBN):
    """ReLU, 3x3 convolution, batch norm."""

    kernel = 3


@final
class ReLUConvBN5x5(AbstractReLUConvBN):
    """ReLU, 5x5 convolution, batch norm."""

    kernel = 5


class AbstractConvBNReLU(AbstractOperation):
    """Convolution, batch norm, ReLU.

    Attributes:
        kernel: height and width, in pixels.
    """

    kernel: ClassVar[int]

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return three layers."""
        return conv_bn(c_in, c_out, size, kernel=cls.kernel, stride=stride, activation="relu", affine=affine)


@final
class ConvBNReLU1x1(AbstractConvBNReLU):
    """1x1 convolution, batch norm, ReLU."""

    kernel = 1


@final
class ConvBNReLU3x3(AbstractConvBNReLU):
    """3x3 convolution, batch norm, ReLU."""

    kernel = 3


@final
class ConvBNReLU5x5(AbstractConvBNReLU):
    """5x5 convolution, batch norm, ReLU."""

    kernel = 5


class AbstractConvBN(AbstractOperation):
    """Convolution, batch norm.

    Attributes:
        kernel: height and width, in pixels.
    """

    kernel: ClassVar[int]

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return two layers."""
        return conv_bn(c_in, c_out, size, kernel=cls.kernel, stride=stride, affine=affine)


@final
class ConvBN1x1(AbstractConvBN):
    """1x1 convolution, batch norm."""

    kernel = 1


@final
class ConvBN3x3(AbstractConvBN):
    """3x3 convolution, batch norm."""

    kernel = 3


class AbstractConv(AbstractOperation):
    """A convolution with a bias, alone.

    Attributes:
        kernel: height and width, in pixels.
    """

    kernel: ClassVar[int]

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return one layer."""
        del affine
        return [LayerSpec("conv", c_in, c_out, size, size, kernel=cls.kernel, stride=stride, bias=True)]


@final
class Conv1x1(AbstractConv):
    """1x1 convolution with a bias."""

    kernel = 1


@final
class Conv3x3(AbstractConv):
    """3x3 convolution with a bias."""

    kernel = 3


@final
class Conv7x1And1x7(AbstractOperation):
    """ReLU, a convolution along the width and one along the height, of 7 pixels each, batch norm."""

    ratios = ALWAYS_SAME

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return four layers."""
        out = -(-size // stride)
        return [
            LayerSpec("relu", c_in, c_in, size, size),
            LayerSpec("conv", c_in, c_out, size, size, kernel=7, stride=stride, along="width"),
            LayerSpec("conv", c_out, c_out, size, out, kernel=7, stride=stride, along="height"),
            LayerSpec("batch_norm", c_out, c_out, out, out, affine=affine),
        ]


@final
class BNReLU(AbstractOperation):
    """Batch norm, ReLU."""

    strides, ratios = (1,), SAME

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return two layers."""
        del stride
        norm = LayerSpec("batch_norm", c_in, c_out, size, size, affine=affine)
        return [norm, LayerSpec("relu", c_out, c_out, size, size)]


@final
class BNConvReLU1x1(AbstractOperation):
    """Batch norm, 1x1 convolution, ReLU."""

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return three layers."""
        norm = LayerSpec("batch_norm", c_in, c_in, size, size, affine=affine)
        conv = LayerSpec("conv", c_in, c_out, size, size, stride=stride)
        return [norm, conv, LayerSpec("relu", c_out, c_out, conv.out_height, conv.out_width)]
