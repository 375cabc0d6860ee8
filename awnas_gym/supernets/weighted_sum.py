"""A sum of many values, most of them first normalised, without a pass over the images for each norm and weight.

Of what a 1x1 convolution `W` reads, the mean `m` and the covariance `S` over all pixels tell what the batch norm behind
it will find: the mean `W m` and the variances `diag(W S W')`. So convolution, norm and weight are one matrix, and the
sum is one of products with matrices. Nothing between is computed or kept. Backwards, the gradient for what is read is
such a sum too, and those for matrices and weights only need the products of the sum's gradient with what was read,
summed over all pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn
from torch.nn import functional


def weighted_sum(
    norms: Sequence[nn.BatchNorm2d], read: Sequence[Tensor], plain: Sequence[Tensor],
    *, matrix: Tensor | None, scale: Tensor | None, shift: Tensor | None, weights: Tensor | None,
) -> Tensor:  # fmt: skip
    """Return `sum of scale * normalised(matrix x) + shift + sum of weight * y`, images `[B, C, H, W]`.

    Args:
        norms: `T` in training mode; their `eps` is used, and running statistics move. The scale is not theirs.
        read: x of each, `[B, C_in, H, W]`.
        plain: y, `P` of `[B, C, H, W]`.
        matrix: of the 1x1 convolutions, `[T, C, C_in]`; None if there are none.
        scale: `[T, C]`, or None likewise.
        shift: `[C]`, or None for 0.
        weights: `[P]`, or None if there are none.
    """
    out: Tensor = _WeightedSum.apply(norms, matrix, scale, shift, weights, *read, *plain)  # type: ignore[no-untyped-call, unused-ignore]
    return out


def observe(norms: Sequence[nn.BatchNorm2d], means: Tensor, variances: Tensor) -> None:
    """Move the running statistics of batch norms as these do it.

    Args:
        norms: `T` in training mode; what does not track them stays as it is.
        means: of the batch, `[T, C]`.
        variances: of the batch, unbiased, `[T, C]`.
    """
    for norm, mean, var in zip(norms, means.unbind(), variances.unbind(), strict=True):
        if norm.track_running_stats:
            norm.running_mean.lerp_(mean, norm.momentum)  # type: ignore[union-attr, arg-type]
            norm.running_var.lerp_(var, norm.momentum)  # type: ignore[union-attr, arg-type]
            norm.num_batches_tracked.add_(1)  # type: ignore[union-attr]


PARTS = 8
"""In which sums over pixels are taken, if so many divide the images: for threads, and for digits.

The parts are added in float64, which makes up for the differences that are taken of such sums.
"""


class _Folded(NamedTuple):
    """Convolutions with their norms folded in.

    Attributes:
        mean: of what they read, `[T, C_in]`.
        seen: covariance of their results with it, `[T, C, C_in]`.
        inverse: one over the deviation of their results, `[T, C]`.
        matrix: `[T, C, C_in]`; the products with it lack the shift.
        shift: of all, `[C]`.
    """

    mean: Tensor
    seen: Tensor
    inverse: Tensor
    matrix: Tensor
    shift: Tensor


@final
class _WeightedSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, norms: Sequence[nn.BatchNorm2d], *tensors: Any) -> Tensor:  # noqa: ANN401 - torch has no type for it
        matrix, scale, shift, weights, *values = tensors
        read, plain = values[: len(norms)], values[len(norms) :]
        if norms:
            folded = _fold(norms, [_pixels(x) for x in read], matrix, scale)
            start, matrices = folded.shift if shift is None else folded.shift + shift, folded.matrix.to(scale)
            rows = torch.addmm(start.to(scale), _pixels(read[0]).flatten(0, 1), matrices[0].t())
            for x, each in zip(read[1:], matrices[1:], strict=True):
                rows.addmm_(_pixels(x).flatten(0, 1), each.t())
            out = _images(rows, read[0])
        else:
            out = torch.zeros_like(plain[0])
        for y, weight in zip(plain, weights if plain else (), strict=True):
            out.addcmul_(y, weight)
        ctx.eps = [norm.eps for norm in norms]
        ctx.save_for_backward(*tensors, *(folded if norms else ()))
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        (gradient,), terms = gradients, len(ctx.eps)
        matrix, scale, shift, weights, *values = ctx.saved_tensors[: len(ctx.needs_input_grad) - 1]
        if torch.is_grad_enabled():  # it is to be differentiated again
            return None, *_gradients(ctx.eps, (matrix, scale, shift, weights, *values), gradient)
        of_matrix = of_scale = of_weights = None
        needed = ctx.needs_input_grad[5:]
        of_values: list[Tensor | None] = [None] * len(values)
        pixels = _pixels(gradient).contiguous()
        rows, total = pixels.flatten(0, 1), pixels.sum(1).sum(0, dtype=torch.float64)
        if terms:
            folded = _Folded(*ctx.saved_tensors[-len(_Folded._fields) :])
            products = _summed([_products(pixels, _pixels(x)) for x in values[:terms]])
            products.sub_(total[:, None] * folded.mean[:, None])
            of_scale = folded.inverse * (products * matrix).sum(2)
            along = (folded.inverse * of_scale)[:, :, None]
            of_matrix = (folded.inverse * scale)[:, :, None] * (products - along * folded.seen)
            back = folded.matrix.transpose(1, 2) @ (along * matrix / len(rows))
            start = (back @ folded.mean[:, :, None]).squeeze(2) - total @ folded.matrix / len(rows)
            start, back, matrices = start.to(scale), back.to(scale), folded.matrix.to(scale)
            for i, x in enumerate(values[:terms]):
                if needed[i]:
                    of_x = torch.addmm(start[i], rows, matrices[i])
                    of_x.addmm_(_pixels(x).flatten(0, 1), back[i], alpha=-1)
                    of_values[i] = _images(of_x, x)
            of_matrix, of_scale = of_matrix.to(matrix), of_scale.to(scale)
        if weights is not None:
            flat = rows.view(-1)
            of_weights = torch.stack([flat @ _pixels(y).reshape(-1) for y in values[terms:]])
            for i, weight in enumerate(weights, terms):
                if needed[i]:
                    of_values[i] = gradient * weight
        return None, of_matrix, of_scale, None if shift is None else total.to(shift), of_weights, *of_values


def _fold(norms: Sequence[nn.BatchNorm2d], read: Sequence[Tensor], matrix: Tensor, scale: Tensor) -> _Folded:
    count = read[0].shape[:2].numel()
    mean = _summed([x.sum(1) for x in read]) / count
    covariance = _summed([_products(x, x) for x in read]).div_(count).sub_(mean[:, :, None] * mean[:, None])
    matrix = matrix.double()
    seen, means = matrix @ covariance, (matrix @ mean[:, :, None]).squeeze(2)
    variances = (seen * matrix).sum(2).clamp_(min=0)
    observe(norms, means.to(scale), (variances * (count / max(count - 1, 1))).to(scale))
    inverse = (variances + variances.new_tensor([[norm.eps] for norm in norms])).rsqrt_()
    factor = inverse * scale
    return _Folded(mean, seen, inverse, factor[:, :, None] * matrix, (factor * means).sum(0).neg_())


def _gradients(eps: Sequence[float], tensors: Sequence[Any], gradient: Tensor) -> list[Tensor | None]:
    """Return the gradients for all tensors by operations of torch that can be differentiated again."""
    # as other tensors than those given, of which one may depend on another
    aliases: list[Any] = [None if each is None else each.view_as(each) for each in tensors]
    matrix, scale, shift, weights, *values = aliases
    parts: list[Any] = [] if shift is None else [shift[:, None, None]]
    for i, (x, each) in enumerate(zip(values, eps, strict=False)):
        z = functional.conv2d(x, matrix[i, :, :, None, None])
        parts.append(scale[i, :, None, None] * functional.batch_norm(z, None, None, training=True, eps=each))
    parts += [y * weights[i] for i, y in enumerate(values[len(eps) :])]
    inputs = [alias for alias in aliases if alias is not None and alias.requires_grad]
    found = iter(torch.autograd.grad(sum(parts), inputs, gradient, create_graph=True))
    return [next(found) if tensor is not None and tensor.requires_grad else None for tensor in tensors]


def _pixels(images: Tensor) -> Tensor:
    """Return the pixels of `[B, C, H, W]` in some parts, `[parts, B * H * W / parts, C]`.

    It is a view where channels are last in memory.
    """
    return images.permute(0, 2, 3, 1).reshape(math.gcd(len(images), PARTS), -1, images.shape[1])


def _images(rows: Tensor, like: Tensor) -> Tensor:
    """Return `[B * H * W, C]` as `[B, C, H, W]`."""
    return rows.view(len(like), *like.shape[2:], -1).permute(0, 3, 1, 2)


def _products(a: Tensor, b: Tensor) -> Tensor:
    """Return the sums over the pixels of each part of the products of channels, `[parts, C_a, C_b]`."""
    return torch.bmm(a.transpose(1, 2), b)


def _summed(parts: Sequence[Tensor]) -> Tensor:
    """Return the sums of `[parts, …]` of `T` terms, float64 `[T, …]`."""
    return torch.stack(list(parts)).sum(1, dtype=torch.float64)
