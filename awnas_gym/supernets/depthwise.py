"""Depthwise convolutions whose gradients are fast on a CPU.

oneDNN, which PyTorch uses there, has a fast kernel for the weights' gradient of a depthwise convolution up to three
columns wide and without dilation, and falls back to one that is some ten times slower for all others; so it does for
both gradients of a dilated one (`experiments/speed/depthwise.py` measures it). Here they are the same sums, written
otherwise:

* a wide kernel's gradient is that of its columns, three at a time;
* the gradient for the input of a dilated convolution is the convolution with the mirrored kernel;
* pixels whose row and column leave the same remainder, divided by the dilation, only meet each other: as images of
  their own, a batch of them is convolved without dilation.
"""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn
from torch.nn import functional

FAST = 3
"""Columns of a kernel that the fast one can do."""


@final
class DepthwiseConv2d(nn.Conv2d):
    """A convolution of each channel by itself: `nn.Conv2d` of as many groups as there are channels.

    Gradients are those of the module's text where the kernel is square and odd and a stride of 1 keeps the size.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, C, H, W]` as `nn.Conv2d` does."""
        (dilation, across), kernel, stride = self.dilation, self.kernel_size, self.stride
        slow = kernel[1] > FAST or dilation > 1
        same = self.padding == (dilation * (kernel[0] // 2),) * 2 and kernel[0] == kernel[1] and kernel[0] % 2 == 1
        if slow and same and dilation == across and self.bias is None and x.device.type == "cpu":
            if stride == (1, 1):
                return self._fast(x, dilation)
            if stride == (dilation, dilation):
                # every pixel that is read is a multiple of the dilation away from the first
                return self._fast(x[:, :, ::dilation, ::dilation], 1)
        return super().forward(x)

    def _fast(self, x: Tensor, dilation: int) -> Tensor:
        out: Tensor = _Depthwise.apply(x, self.weight, dilation)  # type: ignore[no-untyped-call, unused-ignore]
        return out


class _Depthwise(torch.autograd.Function):
    """Stride 1, same size; the gradients of it can be differentiated again."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dilation: int) -> Tensor:  # noqa: ANN401 - torch has no type for it
        ctx.save_for_backward(x, weight)
        ctx.dilation = dilation
        return _convolve(x, weight, dilation)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:  # noqa: ANN401
        x, weight = ctx.saved_tensors
        (gradient,) = gradients
        of_x = _convolve(gradient, weight.flip(2, 3), ctx.dilation) if ctx.needs_input_grad[0] else None
        of_weight = None
        if ctx.needs_input_grad[1]:
            kernel = weight.shape[2]
            of_weight = _of_weight(_split(x, ctx.dilation), _split(gradient, ctx.dilation), kernel)
        return of_x, of_weight, None


def _convolve(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    padding = dilation * (weight.shape[2] // 2)
    return functional.conv2d(x, weight, padding=padding, dilation=dilation, groups=len(weight))


def _split(images: Tensor, parts: int) -> Tensor:
    """Return the pixels that are so many apart as images of their own; what is beyond the border is 0.

    Returns:
        `[parts² * B, C, ceil(H / parts), ceil(W / parts)]`.
    """
    if parts == 1:
        return images
    n, channels, height, width = images.shape
    beyond = (-width % parts, -height % parts)
    if any(beyond):
        images = functional.pad(images, (0, beyond[0], 0, beyond[1]))
    rows, columns = (height + beyond[1]) // parts, (width + beyond[0]) // parts
    apart = images.permute(0, 2, 3, 1).reshape(n, rows, parts, columns, parts, channels)
    return apart.permute(2, 4, 0, 1, 3, 5).reshape(parts * parts * n, rows, columns, channels).permute(0, 3, 1, 2)


def _of_weight(x: Tensor, gradient: Tensor, kernel: int) -> Tensor:
    """Return the gradient `[C, 1, kernel, kernel]` of the weights, worked out for some columns at a time."""
    channels, width, half = x.shape[1], x.shape[3], kernel // 2
    x = functional.pad(x, (half, half))
    columns: list[Tensor] = []
    for first in range(0, kernel, FAST):
        wide = min(FAST, kernel - first)
        seen = x[:, :, :, first : first + width + wide - 1]  # by these columns of the kernel
        like = gradient.new_empty(channels, 1, kernel, wide)
        columns.append(
            torch.ops.aten.convolution_backward(
                gradient, seen, like, None, [1, 1], [half, 0], [1, 1], False, [0, 0], channels, [False, True, False]  # noqa: FBT003 - an operator of torch has no names for them
            )[1]
        )  # fmt: skip
    return torch.cat(columns, dim=3)
