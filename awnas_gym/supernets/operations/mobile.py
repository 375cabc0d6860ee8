"""Blocks of mobile networks, and squeeze-and-excitation."""

from __future__ import annotations

from typing import ClassVar, final

from torch import nn

from awnas_gym.errors import SettingError
from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.spaces.layers import LayerKind
from awnas_gym.spaces.mobile import inverted_residual, make_divisible, squeeze_excite
from awnas_gym.supernets.operations.abstract import SAME, AbstractOperation
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import Sum, chain
from awnas_gym.supernets.operations.residual import Branches, projection


@final
class SqueezeExcite(AbstractOperation):
    """Squeeze-and-excitation as in MobileNetV3 [Howard et al., ICCV 2019]."""

    strides, ratios = (1,), SAME

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return the layers of the gate."""
        del c_out, stride, affine
        return squeeze_excite(c_in, size)


class AbstractMobile(AbstractOperation):
    """A block of a mobile network; the image is added where the shape stays the same.

    Attributes:
        kernel: height and width of the depthwise convolution, in pixels.
        expansion: channels of the depthwise convolution, over those of the input.
    """

    shares_relu = False
    kernel: ClassVar[int] = 3
    expansion: ClassVar[int] = 6

    @final
    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        layers = self.layers(c_in, c_out, 1, stride=stride, affine=affine)
        if layers[-1].kind == "add":
            return Sum(chain(layers[:-1], factory), nn.Sequential())
        return chain(layers, factory)


class AbstractFBNetBlock(AbstractMobile):
    """The block of FBNet [Wu et al., CVPR 2019]: its first 1x1 convolution is there at expansion 1 too.

    Attributes:
        groups: of the 1x1 convolutions; from two on, channels are shuffled after the first.
    """

    groups: ClassVar[int] = 1

    @classmethod
    def check(cls, c_in: int, c_out: int, *, stride: int) -> None:
        """Raise `SettingError` for another stride, or channels that the groups do not divide."""
        super().check(c_in, c_out, stride=stride)
        if c_in % cls.groups or c_out % cls.groups:
            raise SettingError(
                f"{cls.__name__} has {cls.groups} groups: they divide c_in and c_out; got {c_in} and {c_out}"
            )

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return the layers, and the sum where the shape stays the same."""
        return inverted_residual(
            c_in, c_out, size,
            middle=c_in * cls.expansion, kernel=cls.kernel, stride=stride, groups=cls.groups, affine=affine,
        )  # fmt: skip


@final
class FBNetK3E1(AbstractFBNetBlock):
    """A kernel of 3x3, expansion 1."""

    expansion = 1


@final
class FBNetK3E1G2(AbstractFBNetBlock):
    """A kernel of 3x3, expansion 1, 2 groups."""

    expansion, groups = 1, 2


@final
class FBNetK3E3(AbstractFBNetBlock):
    """A kernel of 3x3, expansion 3."""

    expansion = 3


@final
class FBNetK3E6(AbstractFBNetBlock):
    """A kernel of 3x3, expansion 6."""


@final
class FBNetK5E1(AbstractFBNetBlock):
    """A kernel of 5x5, expansion 1."""

    kernel, expansion = 5, 1


@final
class FBNetK5E1G2(AbstractFBNetBlock):
    """A kernel of 5x5, expansion 1, 2 groups."""

    kernel, expansion, groups = 5, 1, 2


@final
class FBNetK5E3(AbstractFBNetBlock):
    """A kernel of 5x5, expansion 3."""

    kernel, expansion = 5, 3


@final
class FBNetK5E6(AbstractFBNetBlock):
    """A kernel of 5x5, expansion 6."""

    kernel = 5


class AbstractMobileNet(AbstractMobile):
    """An inverted residual block [Sandler et al., CVPR 2018]: no first 1x1 convolution at expansion 1.

    Channels between are rounded to multiples of 8.

    Attributes:
        activation: after the first two convolutions.
        excited: whether squeeze-and-excitation follows the depthwise convolution.
    """

    activation: ClassVar[LayerKind] = "relu6"
    excited: ClassVar[bool] = False

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return the layers, and the sum where the shape stays the same."""
        return inverted_residual(
            c_in, c_out, size,
            middle=make_divisible(c_in * cls.expansion), kernel=cls.kernel, stride=stride, affine=affine,
            activation=cls.activation, excited=cls.excited, pointwise=cls.expansion > 1,
        )  # fmt: skip


@final
class MobileNetV2Block(AbstractMobileNet):
    """A kernel of 3x3, expansion 6, `relu6`."""


@final
class MobileNetV3Block(AbstractMobileNet):
    """A kernel of 5x5, expansion 6, `h_swish`, squeeze-and-excitation [Howard et al., ICCV 2019]."""

    kernel, activation, excited = 5, "h_swish", True


@final
class FusedConvBlock(AbstractMobile):
    """A 3x3 convolution to six times the channels and a 1x1 convolution back, in place of a depthwise one.

    [Gupta & Akin, 2020] Channels between are rounded to multiples of 8.
    """

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return the layers, and the sum where the shape stays the same."""
        middle, out = make_divisible(c_in * cls.expansion), -(-size // stride)
        layers = conv_bn(c_in, middle, size, kernel=cls.kernel, stride=stride, activation="relu", affine=affine)
        total = [LayerSpec("add", c_out, c_out, out, out)] if stride == 1 and c_in == c_out else []
        return [*layers, *conv_bn(middle, c_out, out, affine=affine), *total]


class AbstractMobileNetBlock(AbstractOperation):
    """The inverted residual block of aw_nas: at stride 1 always a sum, with a 1x1 convolution if channels differ.

    Its first 1x1 convolution is there at expansion 1 too. Channels between are rounded to multiples of 8.

    Attributes:
        kernel: height and width of the depthwise convolution, in pixels.
        expansion: channels of the depthwise convolution, over those of the input.
        activation: after the first two convolutions.
    """

    shares_relu = False
    kernel: ClassVar[int] = 3
    expansion: ClassVar[int] = 6
    activation: ClassVar[LayerKind] = "relu"

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return the layers of the block, and at stride 1 those of the shortcut and the sum."""
        main, shortcut = cls._branches(c_in, c_out, size, stride=stride, affine=affine)
        return [*main, *shortcut, LayerSpec("add", c_out, c_out, size, size)] if stride == 1 else main

    @final
    @classmethod
    def _branches(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> Branches:
        main = inverted_residual(
            c_in, c_out, size,
            middle=make_divisible(c_in * cls.expansion), kernel=cls.kernel, stride=stride, affine=affine,
            activation=cls.activation,
        )  # fmt: skip
        main = [layer for layer in main if layer.kind != "add"]
        return main, projection(c_in, c_out, size, stride=1, affine=affine)

    @final
    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        main, shortcut = self._branches(c_in, c_out, 1, stride=stride, affine=affine)
        return Sum(chain(main, factory), chain(shortcut, factory)) if stride == 1 else chain(main, factory)


@final
class MobileNetBlock1(AbstractMobileNetBlock):
    """A kernel of 3x3, expansion 1."""

    expansion = 1


@final
class MobileNetBlock3(AbstractMobileNetBlock):
    """A kernel of 3x3, expansion 3."""

    expansion = 3


@final
class MobileNetBlock6(AbstractMobileNetBlock):
    """A kernel of 3x3, expansion 6."""


@final
class MobileNetBlock3K5(AbstractMobileNetBlock):
    """A kernel of 5x5, expansion 3."""

    kernel, expansion = 5, 3


@final
class MobileNetBlock6K5(AbstractMobileNetBlock):
    """A kernel of 5x5, expansion 6."""

    kernel = 5


@final
class MobileNetBlock1ReLU6(AbstractMobileNetBlock):
    """A kernel of 3x3, expansion 1, `relu6`."""

    expansion, activation = 1, "relu6"


@final
class MobileNetBlock6ReLU6(AbstractMobileNetBlock):
    """A kernel of 3x3, expansion 6, `relu6`."""

    activation = "relu6"
