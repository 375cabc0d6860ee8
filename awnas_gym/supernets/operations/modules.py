"""From layers to modules of torch."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from awnas_gym.spaces import LayerSpec
from awnas_gym.supernets.operations.factory import LayerFactory


def chain(layers: Iterable[LayerSpec], factory: LayerFactory) -> nn.Sequential:
    """Return layers one after another, each made by the factory.

    Two forms of several layers become one module: the factorised reduction (two convolutions, padding between them,
    concatenation and, if there is one, batch norm) and the gate (from global pooling to multiplication).
    """
    left, parts = list(layers), list[nn.Module]()
    while left:
        taken = 1
        if [layer.kind for layer in left[:3]] == ["conv", "pad", "conv"]:
            norm = left[4] if len(left) > 4 and left[4].kind == "batch_norm" else None
            taken = 4 if norm is None else 5
            parts.append(FactorizedReduction(left[0], left[2], norm, factory))
        elif left[0].kind == "global_pool":
            taken = [layer.kind for layer in left].index("multiply") + 1
            parts.append(Gate(left[1 : taken - 1], factory))
        else:
            parts.append(make_layer(left[0], factory))
        del left[:taken]
    return nn.Sequential(*parts)


def make_layer(layer: LayerSpec, factory: LayerFactory) -> nn.Module:
    """Return one layer, padded so that stride 1 keeps the size."""
    if layer.kind == "conv":
        tall, wide = layer.along != "width", layer.along != "height"

        def each(value: int, otherwise: int) -> tuple[int, int]:
            return value if tall else otherwise, value if wide else otherwise

        make = factory.convolution
        if layer.binary is not None:
            make = partial(factory.binary_convolution, weights=layer.binary)
        return make(
            layer.c_in, layer.c_out, each(layer.kernel, 1), stride=each(layer.stride, 1),
            padding=each(layer.dilation * (layer.kernel // 2), 0), dilation=layer.dilation, groups=layer.groups,
            bias=layer.bias,
        )  # fmt: skip
    if layer.kind == "batch_norm":
        return factory.batch_norm(layer.c_out, affine=layer.affine)
    if layer.kind in {"avg_pool", "max_pool"}:
        odd = layer.kernel % 2 == 1  # even windows begin at the edge; on odd images, the last ones hold fewer pixels
        return factory.pooling(
            layer.kind, layer.c_in, layer.kernel,
            stride=layer.stride, padding=layer.kernel // 2 if odd else 0, ceil_mode=not odd,
        )  # fmt: skip
    if layer.kind == "shuffle":
        return nn.ChannelShuffle(layer.groups)
    if layer.kind == "pad":
        return MoreChannels(layer.c_out - layer.c_in)
    return factory.activation(layer.kind)


@final
class FactorizedReduction(nn.Module):
    """Halve an image: two convolutions of stride 2, the second of the image moved by a pixel.

    [Zoph et al., CVPR 2018, appendix A] Of an image of odd size the second sees a row and a column of zeros.

    Args:
        straight: convolution of the image.
        moved: convolution of the moved image.
        norm: of both results, concatenated; None for none.
        factory: makes the layers.
    """

    def __init__(self, straight: LayerSpec, moved: LayerSpec, norm: LayerSpec | None, factory: LayerFactory) -> None:
        super().__init__()
        self.straight, self.moved = make_layer(straight, factory), make_layer(moved, factory)
        self.norm = nn.Sequential() if norm is None else make_layer(norm, factory)

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, c_in, H, W]` to `[B, c_out, ceil(H / 2), ceil(W / 2)]`."""
        odd = (0, x.shape[3] % 2, 0, x.shape[2] % 2)
        moved = (functional.pad(x, odd) if any(odd) else x)[:, :, 1:, 1:]
        out: Tensor = self.norm(torch.cat([self.straight(x), self.moved(moved)], dim=1))
        return out


@final
class Gate(nn.Module):
    """Multiply each channel by what a few layers make of the means of all channels: squeeze-and-excitation.

    Args:
        layers: of the means.
        factory: makes them.
    """

    def __init__(self, layers: Iterable[LayerSpec], factory: LayerFactory) -> None:
        super().__init__()
        self.layers = chain(layers, factory)

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, C, H, W]` to the same shape."""
        factors: Tensor = self.layers(x.mean(dim=(2, 3), keepdim=True))  # [B, C, 1, 1]
        return x * factors


@final
class Sum(nn.Module):
    """The sum of what branches make of one image.

    Args:
        branches: modules; an empty `nn.Sequential` is the image itself.
    """

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, c_in, H, W]` to `[B, c_out, ceil(H / stride), ceil(W / stride)]`."""
        first, *others = [branch(x) for branch in self.branches]
        out: Tensor = first
        for other in others:
            out = out + other
        return out


@final
class Appended(nn.Module):
    """What a module makes of an image, and the image behind it.

    Args:
        main: keeps height and width.
    """

    def __init__(self, main: nn.Module) -> None:
        super().__init__()
        self.main = main

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, c_in, H, W]` to `[B, c_in + more, H, W]`."""
        return torch.cat([self.main(x), x], dim=1)


@final
class MoreChannels(nn.Module):
    """The image, and zeros behind it.

    Args:
        more: channels of zeros.
    """

    def __init__(self, more: int) -> None:
        super().__init__()
        self.more = more

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, C, H, W]` to `[B, C + more, H, W]`."""
        return functional.pad(x, (0, 0, 0, 0, 0, self.more))


@final
class Zero(nn.Module):
    """Zeros, whatever the image.

    Args:
        c_out: channels.
        stride: height and width are taken by it.
    """

    def __init__(self, c_out: int, stride: int) -> None:
        super().__init__()
        self.c_out, self.stride = c_out, stride

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, c_in, H, W]` to `[B, c_out, ceil(H / stride), ceil(W / stride)]`."""
        batch, _, height, width = x.shape
        return x.new_zeros(batch, self.c_out, -(-height // self.stride), -(-width // self.stride))
