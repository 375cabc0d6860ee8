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
        (dilation, across), kernel, (stride, along) = self.dilation, self.kernel_size, self.stride
        slow = kernel[1] > FAST or dilation > 1
        same = self.padding == (dilation * (kernel[0] // 2),) * 2 and kernel[0] == kernel[1] and kernel[0] % 2 == 1
        square = dilation == across and stride == along
        if slow and same and square and self.bias is None and x.device.type == "cpu":
            if dilation == stride:
                # every pixel that is read is a multiple of the dilation away from the first
                x, dilation, stride = x[:, :, ::dilation, ::dilation], 1, 1
            if dilation == 1 or stride == 1:
                out: Tensor = _Depthwise.apply(x, self.weight, dilation, stride)  # type: ignore[no-untyped-call, unused-ignore]
                return out
        return super().forward(x)


class _Depthwise(torch.autograd.Function):
    """Dilated or of a stride, but not both; the gradients of it can be differentiated again."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dilation: int, stride: int) -> Tensor:  # noqa: ANN401 - torch has no type for it
        ctx.save_for_backward(x, weight)
        ctx.dilation, ctx.stride = dilation, stride
        return _convolve(x, weight, dilation, stride)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:  # noqa: ANN401
        x, weight = ctx.saved_tensors
        (gradient,) = gradients
        dilation, stride = ctx.dilation, ctx.stride
        half, of_x, of_weight = weight.shape[2] // 2, None, None
        if ctx.needs_input_grad[0]:
            if stride == 1:
                of_x = _convolve(gradient, weight.flip(2, 3), dilation, 1)
            else:
                of_x = _gradients(gradient, x, weight, (half, half), stride, of_x=True)
        if ctx.needs_input_grad[1]:
            of_weight = _of_weight(_split(x, dilation), _split(gradient, dilation), weight.shape[2], stride)
        return of_x, of_weight, None, None


def _convolve(x: Tensor, weight: Tensor, dilation: int, stride: int) -> Tensor:
    padding = dilation * (weight.shape[2] // 2)
    return functional.conv2d(x, weight, stride=stride, padding=padding, dilation=dilation, groups=len(weight))


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


def _of_weight(x: Tensor, gradient: Tensor, kernel: int, stride: int) -> Tensor:
    """Return the gradient `[C, 1, kernel, kernel]` of the weights, worked out for some columns at a time."""
    half, columns = kernel // 2, min(kernel, FAST)
    n, channels, height, width = x.shape
    like = gradient.new_empty(channels, 1, kernel, columns)
    if kernel <= min(FAST, height):
        return _gradients(gradient, x, like, (half, half), stride, of_x=False)
    # Rows of pixels one after another in memory, with zeros between them: wherever one begins to read, there are rows
    # with a border of zeros, and where the border is FAST - 1 wide the kernel takes them as they are.
    above = 0 if kernel <= height else half  # its own padding of an image that is not as high as the kernel is slow
    tall, wide = height + 2 * above, width + max(half, columns - 1)
    memory = x.new_zeros(n * tall * wide + 2 * half, channels)
    inside = memory[half : half + n * tall * wide].view(n, tall, wide, channels)[:, above : above + height, :width]
    inside.copy_(x.permute(0, 2, 3, 1))
    parts: list[Tensor] = []
    for first in range(0, kernel, FAST):
        begin = min(first, kernel - columns)
        rows = memory[begin : begin + n * tall * wide].view(n, tall, wide, channels)
        seen = rows[:, :, : width + columns - 1].permute(0, 3, 1, 2)
        part = _gradients(gradient, seen, like, (half - above, 0), stride, of_x=False)
        parts.append(part[..., first - begin :])
    return torch.cat(parts, dim=3)


def _gradients(
    gradient: Tensor, x: Tensor, weight: Tensor, padding: tuple[int, int], stride: int, *, of_x: bool
) -> Tensor:
    """Return oneDNN's gradient for what a convolution reads, or else for its weights."""
    found: Tensor = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, [stride, stride], padding, [1, 1],
        False, [0, 0], len(weight), [of_x, not of_x, False],  # noqa: FBT003 - an operator of torch has no names for them
    )[0 if of_x else 1]  # fmt: skip
    return found
