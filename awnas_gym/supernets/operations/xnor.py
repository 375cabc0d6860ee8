"""Operations in the order of XNOR-Net: batch norm, sign, convolution of one bit, ReLU [Rastegari et al., ECCV 2016].

`supernets.binary` says what such a convolution is.
"""

from __future__ import annotations

from typing import ClassVar, final

from torch import nn

from awnas_gym.errors import SettingError
from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.spaces.layers import BinaryWeights
from awnas_gym.supernets.operations.abstract import AbstractOperation
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import Appended, Sum, chain


class AbstractXNORConv(AbstractOperation):
    """Batch norm, sign, convolution of one bit, ReLU; at stride 2 it is two convolutions, the second a pixel further.

    Attributes:
        kernel: height and width, in pixels.
        weights: the kind of them.
        skips: strides at which what is normalised is added before the ReLU, as `XNORSkipConnect` carries it.
    """

    halves = (2,)
    kernel: ClassVar[int] = 3
    weights: ClassVar[BinaryWeights] = "tensor"
    skips: ClassVar[tuple[int, ...]] = ()

    @final
    @classmethod
    def check(cls, c_in: int, c_out: int, *, stride: int) -> None:
        """Raise `SettingError` for channels or a stride that it does not work with."""
        super().check(c_in, c_out, stride=stride)
        if stride in cls.skips:
            _check_carried(cls.__name__, c_in, c_out, stride=stride)

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return all layers, those beside the convolution behind it."""
        out = -(-size // stride)
        beside = [*carried(c_in, c_out, size, stride=stride), LayerSpec("add", c_out, c_out, out, out)]
        return [
            LayerSpec("batch_norm", c_in, c_in, size, size, affine=affine),
            *cls._main(c_in, c_out, size, stride=stride),
            *(beside if stride in cls.skips else []),
            LayerSpec("relu", c_out, c_out, out, out),
        ]

    @final
    @classmethod
    def _main(cls, c_in: int, c_out: int, size: int, *, stride: int) -> list[LayerSpec]:
        """Return the signs and the convolution or convolutions."""

        def conv(channels: int) -> LayerSpec:
            return LayerSpec("conv", c_in, channels, size, size, kernel=cls.kernel, stride=stride, binary=cls.weights)

        signs = LayerSpec("sign", c_in, c_in, size, size)
        if stride == 1:
            return [signs, conv(c_out)]
        out = -(-size // stride)
        pad, both = LayerSpec("pad", c_in, c_in, size, size), LayerSpec("concat", c_out, c_out, out, out)
        return [signs, conv(c_out // 2), pad, conv(c_out - c_out // 2), both]

    @final
    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        norm, *_, relu = self.layers(c_in, c_out, 1, stride=stride, affine=affine)
        main: nn.Module = chain(self._main(c_in, c_out, 1, stride=stride), factory)
        if stride in self.skips:
            main = Sum(main, _carry(c_in, c_out, stride=stride, factory=factory))
        return nn.Sequential(chain([norm], factory), main, chain([relu], factory))


@final
class XNORConv3x3(AbstractXNORConv):
    """A kernel of 3x3, nothing beside it."""


@final
class XNORConv1x1(AbstractXNORConv):
    """A kernel of 1x1, nothing beside it."""

    kernel = 1


@final
class XNORConv5x5(AbstractXNORConv):
    """A kernel of 5x5, nothing beside it; a layer of `XNORNIN`."""

    kernel = 5


@final
class XNORConv3x3Skip(AbstractXNORConv):
    """A kernel of 3x3, the image beside it."""

    skips = (1, 2)


@final
class XNORConv3x3SkipAtStride1(AbstractXNORConv):
    """A kernel of 3x3, the image beside it at stride 1."""

    skips = (1,)


@final
class XNORUnit(AbstractXNORConv):
    """A half of `XNORResNetBlock`."""

    weights = "channel"
    skips = (1, 2)


@final
class XNORSkipConnect(AbstractOperation):
    """The image itself; at stride 2 averages of 2x2 pixels, twice where the channels double."""

    @classmethod
    def check(cls, c_in: int, c_out: int, *, stride: int) -> None:
        """Raise `SettingError` for channels or a stride that it does not work with."""
        super().check(c_in, c_out, stride=stride)
        _check_carried(cls.__name__, c_in, c_out, stride=stride)

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return none to two layers."""
        del affine
        return carried(c_in, c_out, size, stride=stride)

    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        del affine
        return _carry(c_in, c_out, stride=stride, factory=factory)


@final
class XNORConv3x3OrIdentity(AbstractOperation):
    """The image itself; at stride 2 a convolution with nothing beside it: what is beside a binary cell."""

    @classmethod
    def check(cls, c_in: int, c_out: int, *, stride: int) -> None:
        """Raise `SettingError` for channels or a stride that it does not work with."""
        kind = XNORSkipConnect if stride == 1 else XNORConv3x3
        kind.check(c_in, c_out, stride=stride)

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return none, or those of the convolution."""
        return XNORConv3x3.layers(c_in, c_out, size, stride=stride, affine=affine) if stride > 1 else []


@final
class XNORResNetBlock(AbstractOperation):
    """Two convolutions; beside each what it normalises and, once more, what it reads, as in aw_nas.

    At stride 2, what the first reads goes through a 1x1 convolution of its own, of numbers and not of signs.
    """

    @classmethod
    def check(cls, c_in: int, c_out: int, *, stride: int) -> None:
        """Raise `SettingError` for channels or a stride that it does not work with."""
        XNORUnit.check(c_in, c_out, stride=stride)
        if c_in == 1:
            raise SettingError(f"{cls.__name__} reads two channels or more: weights learn nothing of one alone")

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return the layers of both halves, what is beside them, and the sums."""
        out = -(-size // stride)
        add = LayerSpec("add", c_out, c_out, out, out)
        first = XNORUnit.layers(c_in, c_out, size, stride=stride, affine=affine)
        second = XNORUnit.layers(c_out, c_out, out, stride=1, affine=affine)
        return [*first, *cls._beside(c_in, c_out, size, stride=stride, affine=affine), add, *second, add]

    @classmethod
    def _beside(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        if stride == 1:
            return []
        return conv_bn(c_in, c_out, size, stride=stride, activation="relu", affine=affine)

    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        beside = chain(self._beside(c_in, c_out, 1, stride=stride, affine=affine), factory)
        first = XNORUnit(c_in, c_out, stride=stride, affine=affine, factory=factory)
        second = XNORUnit(c_out, c_out, affine=affine, factory=factory)
        return nn.Sequential(Sum(first, beside), Sum(second, nn.Sequential()))


@final
class XNORVGGBlock(AbstractOperation):
    """A convolution with nothing beside it; at stride 2 averages of 2x2 pixels."""

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return four layers or five."""
        return [
            *XNORConv3x3.layers(c_in, c_out, size, stride=1, affine=affine),
            *carried(c_out, c_out, size, stride=stride),
        ]


@final
class XNORNIN(AbstractOperation):
    """The network in network that XNOR-Net's authors have for CIFAR-10, up to the averages of its last channels."""

    strides = (4,)

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return all layers; the first and the last convolution read numbers, by weights that are numbers."""
        del stride
        half = -(-size // 2)
        quarter = -(-half // 2)

        def xnor(kind: type[AbstractXNORConv], c_in: int, c_out: int, size: int) -> list[LayerSpec]:
            return kind.layers(c_in, c_out, size, stride=1, affine=affine)

        return [
            LayerSpec("conv", c_in, 192, size, size, kernel=5, bias=True),
            LayerSpec("batch_norm", 192, 192, size, size, affine=affine),
            LayerSpec("relu", 192, 192, size, size),
            *xnor(XNORConv1x1, 192, 160, size),
            *xnor(XNORConv1x1, 160, 96, size),
            LayerSpec("max_pool", 96, 96, size, size, kernel=3, stride=2),
            *xnor(XNORConv5x5, 96, 192, half),
            *xnor(XNORConv1x1, 192, 192, half),
            *xnor(XNORConv1x1, 192, 192, half),
            LayerSpec("avg_pool", 192, 192, half, half, kernel=3, stride=2),
            *xnor(XNORConv3x3, 192, 192, quarter),
            *xnor(XNORConv1x1, 192, 192, quarter),
            LayerSpec("batch_norm", 192, 192, quarter, quarter, affine=affine),
            LayerSpec("conv", 192, c_out, quarter, quarter, bias=True),
            LayerSpec("relu", c_out, c_out, quarter, quarter),
        ]


def _check_carried(name: str, c_in: int, c_out: int, *, stride: int) -> None:
    legal = (c_in,) if stride == 1 else (c_in, 2 * c_in)
    if c_out not in legal:
        raise SettingError(
            f"{name} has {' or '.join(map(str, legal))} channels after {c_in} at stride {stride}; got c_out {c_out}"
        )


def carried(c_in: int, c_out: int, size: int, *, stride: int) -> list[LayerSpec]:
    """Return what an image passes through without weights: at stride 2 averages, twice where the channels double."""
    if stride == 1:
        return []
    pool = LayerSpec("avg_pool", c_in, c_in, size, size, kernel=2, stride=stride)
    twice = LayerSpec("concat", c_out, c_out, pool.out_height, pool.out_width)
    return [pool] if c_in == c_out else [pool, twice]


def _carry(c_in: int, c_out: int, *, stride: int, factory: LayerFactory) -> nn.Module:
    """Return the module of `carried`."""
    pool = chain(carried(c_in, c_out, 1, stride=stride)[:1], factory)
    return pool if c_in == c_out else nn.Sequential(pool, Appended(nn.Sequential()))
