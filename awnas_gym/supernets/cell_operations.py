"""Operations of cells of NASNet's form. To add one: a class, and a row of `OPERATIONS`.

Each maps `[B, C, H, W]` to `[B, C, ceil(H / stride), ceil(W / stride)]`. The ReLU before convolutions is the cell's:
it is run once a value, whatever reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvBN(nn.Sequential):
    """Convolutions without bias, then batch norm."""

    def __init__(self, *convolutions: nn.Conv2d) -> None:
        super().__init__(*convolutions, nn.BatchNorm2d(convolutions[-1].out_channels))


@final
class FactorizedReduction(nn.Module):
    """Halve the image: two 1x1 convolutions of stride 2, the second of the image moved by a pixel; then batch norm.

    [Zoph et al., CVPR 2018, appendix A]
    """

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.straight = nn.Conv2d(c_in, c_out // 2, 1, stride=2, bias=False)
        self.moved = nn.Conv2d(c_in, c_out - c_out // 2, 1, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map a rectified `[B, c_in, H, W]` to `[B, c_out, ceil(H / 2), ceil(W / 2)]`."""
        moved = functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
        out: Tensor = self.norm(torch.cat([self.straight(x), self.moved(moved)], dim=1))
        return out


def pointwise(c_in: int, c_out: int) -> ConvBN:
    """Return a 1x1 convolution with batch norm."""
    return ConvBN(nn.Conv2d(c_in, c_out, 1, bias=False))


def separable(kernel: int) -> Callable[[int, int], nn.Module]:
    """Return what makes a depthwise and a 1x1 convolution with batch norm, twice; the stride is the first one's."""

    def make(channels: int, stride: int) -> nn.Module:
        def half(stride: int) -> ConvBN:
            padding = kernel // 2
            return ConvBN(
                nn.Conv2d(
                    channels, channels, kernel, stride=stride, padding=padding, groups=channels, bias=False
                ),
                nn.Conv2d(channels, channels, 1, bias=False),
            )  # fmt: skip

        return nn.Sequential(half(stride), nn.ReLU(), half(1))

    return make


def dilated(kernel: int) -> Callable[[int, int], nn.Module]:
    """Return what makes a depthwise convolution of dilation 2 and a 1x1 convolution with batch norm."""

    def make(channels: int, stride: int) -> nn.Module:
        depthwise = nn.Conv2d(
            channels, channels, kernel, stride=stride, padding=kernel - 1, dilation=2, groups=channels, bias=False
        )
        return ConvBN(depthwise, nn.Conv2d(channels, channels, 1, bias=False))

    return make


def skip(channels: int, stride: int) -> nn.Module:
    """Return nothing to do, or a factorised reduction."""
    return nn.Identity() if stride == 1 else FactorizedReduction(channels, channels)


OPERATIONS: dict[str, Callable[[int, int], nn.Module]] = {
    "sep_conv_3x3": separable(3),
    "sep_conv_5x5": separable(5),
    "dil_conv_3x3": dilated(3),
    "dil_conv_5x5": dilated(5),
    "avg_pool_3x3": lambda _, stride: nn.AvgPool2d(3, stride=stride, padding=1, count_include_pad=False),
    "max_pool_3x3": lambda _, stride: nn.MaxPool2d(3, stride=stride, padding=1),
    "skip_connect": skip,
}
"""From channels and stride to a module."""


def rectified(operation: str, stride: int) -> bool:
    """Return whether an operation reads the rectified value."""
    return "conv" in operation or (operation == "skip_connect" and stride > 1)
