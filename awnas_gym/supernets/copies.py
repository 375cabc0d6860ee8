"""Building blocks of convolutional cells, replicated: `copies` networks of one architecture in one module.

Copies sit side by side in the channels (`copies * channels`) and never mix: convolutions are grouped and
batch norm works by channel. Training three seeds at once so costs little more than one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval


def conv(c_in: int, c_out: int, *, copies: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """Return a convolution without bias whose output is `ceil(H / stride)` rows."""
    return nn.Conv2d(
        copies * c_in, copies * c_out, kernel, stride=stride, padding=kernel // 2, groups=copies, bias=False
    )


class ConvBN(nn.Module):
    """Convolution without bias, then batch norm; in evaluation mode one convolution with the norm folded in."""

    def __init__(
        self, c_in: int, c_out: int, *, copies: int, kernel: int, stride: int = 1, affine: bool = True
    ) -> None:
        super().__init__()
        self.conv = conv(c_in, c_out, copies=copies, kernel=kernel, stride=stride)
        self.norm = nn.BatchNorm2d(copies * c_out, affine=affine)

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, copies * c_in, H, W]` to `[B, copies * c_out, ceil(H/stride), ceil(W/stride)]`."""
        if self.training:
            out: Tensor = self.norm(self.conv(x))
            return out
        conv, norm = self.conv, self.norm
        if norm.running_var is None or norm.running_mean is None:
            raise TypeError("batch norm without running statistics cannot be folded")
        scale = torch.rsqrt(norm.running_var + norm.eps)
        if norm.affine:
            scale = norm.weight * scale
        return functional.conv2d(
            x,
            conv.weight * scale[:, None, None, None],
            (norm.bias if norm.affine else 0) - norm.running_mean * scale,
            conv.stride,
            conv.padding,
            groups=conv.groups,
        )

    def layers(self) -> list[nn.Module]:
        """Return what it runs one after another, in its present mode."""
        return [self.conv, self.norm] if self.training else [self]


def fold_batch_norm(network: nn.Module) -> None:
    """Make one convolution with a bias of each with a batch norm right behind it, as for deployment.

    Args:
        network: in evaluation mode; a norm is behind a convolution in a `ConvBN`, in an `nn.Sequential`, or in a module
            with a method `fold_batch_norm`.
    """
    for module in list(network.modules()):
        if module is not network and (fold := getattr(module, "fold_batch_norm", None)):
            fold()
        if isinstance(module, nn.Sequential):
            for i in reversed(range(len(module) - 1)):
                conv, norm = module[i], module[i + 1]
                if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    module[i] = fuse_conv_bn_eval(conv, norm)
                    del module[i + 1]
        for name, child in module.named_children():
            if isinstance(child, ConvBN):
                setattr(module, name, fuse_conv_bn_eval(child.conv, child.norm))


class Reduction(nn.Module):
    """Halve the image, double the channels: pooling and conv1x1, beside two ReLU-conv3x3-BN if `residual`."""

    def __init__(self, channels: int, *, copies: int, residual: bool) -> None:
        super().__init__()
        self.main: nn.ModuleList | None = None
        if residual:
            first = ConvBN(channels, 2 * channels, copies=copies, kernel=3, stride=2)
            self.main = nn.ModuleList([first, ConvBN(2 * channels, 2 * channels, copies=copies, kernel=3)])
        # ceil_mode keeps odd images in step with the convolution; it changes nothing on even ones
        self.pool = nn.AvgPool2d(2, stride=2, ceil_mode=True)
        self.project = conv(channels, 2 * channels, copies=copies, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, copies * C, H, W]` to `[B, copies * 2C, ceil(H/2), ceil(W/2)]`."""
        out: Tensor = self.project(self.pool(x))
        if self.main is None:
            return out
        for block in self.main:
            x = block(torch.relu(x))
        return x + out


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
