"""What makes the layers that operations are built of; another one makes them quantised, binary or faulty."""

from __future__ import annotations

from typing import Any, final

from torch import nn

from awnas_gym.errors import SettingError, unknown
from awnas_gym.spaces.layers import BinaryWeights, LayerKind
from awnas_gym.supernets.binary import BinaryConv2d, BirealSign, Sign
from awnas_gym.supernets.depthwise import DepthwiseConv2d

ACTIVATIONS: dict[LayerKind, type[nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "h_swish": nn.Hardswish,
    "h_sigmoid": nn.Hardsigmoid,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "hardtanh": nn.Hardtanh,
    "sign": Sign,
    "bireal_sign": BirealSign,
}
"""From a kind of layer to its module."""


class LayerFactory:
    """Makes torch's own layers. To replace some, subclass it and override their method.

    Each method is called once a layer, so a layer may hold state of its own. A layer may wrap another; `initialise` and
    the batch-norm policies find what is inside by its class (`nn.Conv2d`, `nn.Linear`, `nn.BatchNorm2d`).
    """

    def convolution(
        self, c_in: int, c_out: int, kernel: tuple[int, int], *, stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0), dilation: int = 1, groups: int = 1, bias: bool = False,
    ) -> nn.Module:  # fmt: skip
        """Return what maps `[B, c_in, H, W]` to `[B, c_out, H', W']` as `nn.Conv2d` of these arguments does."""
        kind = DepthwiseConv2d if groups == c_in == c_out else nn.Conv2d
        return kind(c_in, c_out, kernel, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=bias)

    def binary_convolution(
        self,
        c_in: int,
        c_out: int,
        kernel: tuple[int, int],
        *,
        weights: BinaryWeights,
        **settings: Any,  # noqa: ANN401 - those of `convolution`
    ) -> nn.Module:
        """Return what does the same with weights of one bit, which `weights` says the kind of."""
        return BinaryConv2d(c_in, c_out, kernel, weights=weights, **settings)

    def batch_norm(self, channels: int, *, affine: bool = True) -> nn.Module:
        """Return what normalises `[B, channels, H, W]`; `affine` if with a scale and a shift."""
        return nn.BatchNorm2d(channels, affine=affine)

    def activation(self, kind: LayerKind) -> nn.Module:
        """Return a function of each number; `kind` is one of `ACTIVATIONS`."""
        if kind not in ACTIVATIONS:
            raise SettingError(unknown("activation", kind, ACTIVATIONS))
        return ACTIVATIONS[kind]()

    def pooling(
        self, kind: LayerKind, channels: int, kernel: int, *, stride: int, padding: int = 0, ceil_mode: bool = False
    ) -> nn.Module:
        """Return what pools `[B, channels, H, W]`: `avg_pool`, of which padding is no part, or `max_pool`."""
        del channels
        if kind == "avg_pool":
            return nn.AvgPool2d(kernel, stride, padding=padding, ceil_mode=ceil_mode, count_include_pad=False)
        return nn.MaxPool2d(kernel, stride, padding=padding, ceil_mode=ceil_mode)

    def linear(self, c_in: int, c_out: int, *, bias: bool = True) -> nn.Module:
        """Return what maps `[B, c_in]` to `[B, c_out]`."""
        return nn.Linear(c_in, c_out, bias=bias)


@final
class NormalisedPools(LayerFactory):
    """Batch norm without scale and shift behind each pooling: the search network of DARTS [Liu et al., ICLR 2019].

    (The networks that it derives have none.)
    """

    def pooling(
        self, kind: LayerKind, channels: int, kernel: int, *, stride: int, padding: int = 0, ceil_mode: bool = False
    ) -> nn.Module:
        """Return pooling and batch norm."""
        pool = super().pooling(kind, channels, kernel, stride=stride, padding=padding, ceil_mode=ceil_mode)
        return nn.Sequential(pool, self.batch_norm(channels, affine=False))
