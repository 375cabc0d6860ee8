"""Layers of one bit [Rastegari et al., ECCV 2016; Liu et al., ECCV 2018], with the gradients of aw_nas.

The sign of 0 is +1: a value that a ReLU left has the sign +1 everywhere, so there is a batch norm between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, final

import torch
from torch import Tensor, nn

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.spaces.layers import BinaryWeights

CLIP = 1.3
"""Where the gradient of a sign ends."""

Gradient = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From trained weights, their scale and the gradient of the binary weights to that of the trained ones."""


def sign(x: Tensor) -> Tensor:
    """Return +1 from 0 on and -1 below; what is no number stays none."""
    return torch.where(x >= 0, 1.0, torch.where(x < 0, -1.0, x))


@final
class Sign(nn.Module):
    """The sign of each number; its gradient is passed on where `|x| < 1.3`."""

    def forward(self, x: Tensor) -> Tensor:
        """Map any shape to the same."""
        out: Tensor = _Sign.apply(x, _within_clip)  # type: ignore[no-untyped-call, unused-ignore]
        return out


@final
class BirealSign(nn.Module):
    """The sign of each number; its gradient is 2 + 2x on [-1, 0), 2 - 2x on [0, 1), else 0 [Liu et al., ECCV 2018]."""

    def forward(self, x: Tensor) -> Tensor:
        """Map any shape to the same."""
        out: Tensor = _Sign.apply(x, _triangle)  # type: ignore[no-untyped-call, unused-ignore]
        return out


@final
class BinaryConv2d(nn.Conv2d):
    """A convolution with the signs of its weights, times their scale.

    Where it reads signs, that is `scale * (2 * equal - inputs)`, to the last bit. In training the weights are kept in
    [-1, 1]. With w a weight, s its sign and g the gradient of the binary weight `scale * s`:

    | `weights` | scale | gradient of w |
    | --- | --- | --- |
    | `sign` | 1 | g where abs(w) < 1.3, else 0 |
    | `tensor` | mean of abs(w) | g where abs(w) < 1.3, else 0 |
    | `channel` | that of each output channel | n (1 - 1 / c) (scale h + s mean(s g)), h being g where abs(w) <= 1 |
    | `bireal` | that of each output channel | g where abs(w) <= 1, else 0 |

    An output channel has n weights on c input channels; mean(s g) is over these n. (Of `tensor`, aw_nas ends
    the gradient at 1.3 scales: the largest weights, three in ten of normal ones, then keep their signs for ever.)

    Args:
        c_in: channels of the input.
        c_out: channels of the output.
        kernel: height and width, in pixels.
        weights: a row of the table.
        settings: the other arguments of `nn.Conv2d`.

    Raises:
        UnknownNameError: no such kind of weights.
        SettingError: `channel` where an output reads one channel: that gradient is 0.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: tuple[int, int],
        *,
        weights: BinaryWeights,
        **settings: Any,  # noqa: ANN401 - those of torch
    ) -> None:
        super().__init__(c_in, c_out, kernel, **settings)
        if weights not in _KINDS:
            raise UnknownNameError("kind of binary weights", weights, _KINDS)
        if weights == "channel" and self.weight.shape[1] == 1:
            raise SettingError(
                "binary weights by channel learn nothing of one input channel: their gradient has the factor "
                "1 - 1 / channels; take 'tensor' or 'bireal'"
            )
        self.binary = weights

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, c_in, H, W]` as `nn.Conv2d` does."""
        if self.training:
            self.weight.data.clamp_(-1, 1)
        over, gradient = _KINDS[self.binary]
        scale = torch.ones_like(self.weight[:1, :1, :1, :1])
        if over:
            scale = self.weight.detach().clamp(-1, 1).abs().mean(dim=over, keepdim=True)
        scale = scale.detach().clamp(min=torch.finfo(scale.dtype).tiny)  # [c_out or 1, 1, 1, 1]
        signs = _WeightSigns.apply(self.weight, scale, gradient)  # type: ignore[no-untyped-call, unused-ignore]
        out: Tensor = self._conv_forward(x, signs, None) * scale.view(-1, 1, 1)  # whole numbers are scaled: exact
        return out if self.bias is None else out + self.bias.view(-1, 1, 1)


# ---------------------------------------------------------------- gradients


def _within_clip(x: Tensor) -> Tensor:
    return (x.abs() < CLIP).to(x.dtype)


def _triangle(x: Tensor) -> Tensor:
    return (2 - 2 * x.abs()).clamp(min=0)


def _clipped(weight: Tensor, scale: Tensor, gradient: Tensor) -> Tensor:
    del scale
    return gradient * (weight.abs() < CLIP)


def _xnor(weight: Tensor, scale: Tensor, gradient: Tensor) -> Tensor:
    signs = sign(weight)
    of_scale = signs * (signs * gradient).mean(dim=(1, 2, 3), keepdim=True)
    total = scale * gradient * (weight.abs() <= 1) + of_scale
    return total * weight[0].numel() * (1 - 1 / weight.shape[1])


def _bireal(weight: Tensor, scale: Tensor, gradient: Tensor) -> Tensor:
    del scale
    return gradient * (weight.abs() <= 1)


_KINDS: Mapping[str, tuple[tuple[int, ...], Gradient]] = MappingProxyType(
    {
        "sign": ((), _clipped),
        "tensor": ((0, 1, 2, 3), _clipped),
        "channel": ((1, 2, 3), _xnor),
        "bireal": ((1, 2, 3), _bireal),
    }
)
"""Kind of binary weights -> dimensions of a scale, gradient."""


class _Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, slope: Callable[[Tensor], Tensor]) -> Tensor:  # noqa: ANN401 - torch has no type
        ctx.save_for_backward(x)
        ctx.slope = slope
        return sign(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        (x,) = ctx.saved_tensors
        return gradients[0] * ctx.slope(x), None


class _WeightSigns(torch.autograd.Function):
    """Signs that a scale is multiplied with later: their gradient is the one of the binary weights times the scale."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, scale: Tensor, gradient: Gradient) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(weight, scale)
        ctx.gradient = gradient
        return sign(weight)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        weight, scale = ctx.saved_tensors
        return ctx.gradient(weight, scale, gradients[0] / scale), None, None
