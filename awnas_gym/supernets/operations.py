"""Building blocks of convolutional cells, replicated: `copies` networks of one architecture in one module.

Copies sit side by side in the channels (`copies * channels`) and never mix: convolutions are grouped and
batch norm works by channel. Training three seeds at once so costs little more than one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv_bn(c_in: int, c_out: int, *, copies: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Return convolution without bias, then batch norm: `[B, copies * c_in, H, W]` -> `[B, copies * c_out, …]`."""
    return nn.Sequential(
        conv(c_in, c_out, copies=copies, kernel=kernel, stride=stride), nn.BatchNorm2d(copies * c_out)
    )


def conv(c_in: int, c_out: int, *, copies: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """Return a convolution without bias whose output is `ceil(H / stride)` rows."""
    return nn.Conv2d(
        copies * c_in, copies * c_out, kernel, stride=stride, padding=kernel // 2, groups=copies, bias=False
    )


class ResidualBlock(nn.Module):
    """Halve the image, double the channels [NAS-Bench-201]: two ReLU-conv3x3-BN beside pooling and conv1x1."""

    def __init__(self, channels: int, *, copies: int) -> None:
        super().__init__()
        self.first = conv_bn(channels, 2 * channels, copies=copies, kernel=3, stride=2)
        self.second = conv_bn(2 * channels, 2 * channels, copies=copies, kernel=3)
        # ceil_mode keeps odd images in step with the convolution; it changes nothing on even ones
        self.pool = nn.AvgPool2d(2, stride=2, ceil_mode=True)
        self.project = conv(channels, 2 * channels, copies=copies, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, copies * C, H, W]` to `[B, copies * 2C, ceil(H/2), ceil(W/2)]`."""
        out: Tensor = self.second(torch.relu(self.first(torch.relu(x))))
        return out + self.project(self.pool(x))


class CopiesLinear(nn.Module):
    """One linear classifier a copy."""

    def __init__(self, features: int, classes: int, *, copies: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(copies, features, classes))
        self.bias = nn.Parameter(torch.empty(copies, 1, classes))

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, copies * features]` to logits `[copies, B, classes]`."""
        copies, features, _ = self.weight.shape
        return torch.baddbmm(self.bias, x.view(-1, copies, features).transpose(0, 1), self.weight)
