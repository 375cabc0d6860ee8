"""Once-for-all's mobile networks as modules of torch, written apart from the package, to count what they hold."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs the extra [torch]")

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


class Excite(nn.Module):
    """Squeeze-and-excitation."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        pool = nn.AdaptiveAvgPool2d(1)
        reduce, expand = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)
        self.gate = nn.Sequential(pool, reduce, nn.ReLU(), expand, nn.Hardsigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gate(x)


class Block(nn.Module):
    """An inverted residual; `expand` is None where there is no first 1x1 convolution."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int, expand: int | None, squeezed: int | None):
        super().__init__()
        self.skip = stride == 1 and c_in == c_out
        middle = c_in * (expand or 1)
        parts: list[nn.Module] = []
        if expand is not None:
            parts += [nn.Conv2d(c_in, middle, 1, bias=False), nn.BatchNorm2d(middle), nn.ReLU()]
        parts += [nn.Conv2d(middle, middle, kernel, stride, kernel // 2, groups=middle, bias=False)]
        parts += [nn.BatchNorm2d(middle), nn.ReLU()]
        if squeezed is not None:
            parts.append(Excite(middle, squeezed))
        self.body = nn.Sequential(*parts, nn.Conv2d(middle, c_out, 1, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x) if self.skip else self.body(x)


def stem(width: int) -> list[nn.Module]:
    """Return a 3x3 convolution of stride 2."""
    return [nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]


def count(network: nn.Module, size: int = 224) -> tuple[int, int]:
    """Return parameters and multiply-accumulates, as torch counts them, for one image."""
    network = network.to("meta").eval()
    with FlopCounterMode(display=False) as counter:
        assert network(torch.empty(1, 3, size, size, device="meta")).shape == (1, 1000)
    return sum(p.numel() for p in network.parameters()), counter.get_total_flops() // 2
