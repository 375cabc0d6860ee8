"""Weighted sums of operations, without a pass over the images for each batch norm, weight and sum.

Most operations end in a 1x1 convolution `W` and a batch norm. Of what the convolution reads, the mean `m` and the
covariance `S` over all pixels tell what the norm will find: the mean `W m` and the variances `diag(W S W')`. So
convolution, norm and weight are one matrix, and a node of a cell is one sum of products with such matrices. Nothing
between is computed or kept. Backwards, the gradient for what is read is such a sum too, and those for matrices and
weights only need the products of it with the node's gradient, summed over all pixels.

Pooling, with a norm that has no parameters, is the same for all edges that read a value, and computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

Term = tuple[Tensor, Sequence[nn.Module], Tensor]
"""A weight, layers one after another, and what the first of them reads."""


@final
class WeightedSums:
    """The weighted sums of a cell.

    Their gradients cannot be differentiated again. Layers of other classes than torch's own, as a factory may make
    them, and batch norms that do not normalise by the batch are run as they are.
    """

    def __init__(self) -> None:
        self._pooled: dict[tuple[int, str], _Pooled] = {}

    def __call__(self, terms: Sequence[Term]) -> Tensor:
        """Return the sum of what the layers make of `[B, C_in, H, W]`, each times its weight: `[B, C, H', W']`.

        Running statistics of batch norms in training mode are moved.
        """
        projected: list[tuple[Tensor, Tensor, _Projection]] = []
        plain: list[tuple[Tensor, Tensor]] = []
        for weight, layers, x in terms:
            parts = _parts(layers)
            if _pools(layers):
                plain.append((weight, self._pool(layers, x)))
            elif parts and isinstance(parts[-1], _Projection) and parts[-1].square:
                projected.append((weight, _through(parts[:-1], x), parts[-1]))
            else:
                plain.append((weight, _through(parts, x)))
        return _sum(projected, plain)

    def _pool(self, layers: Sequence[nn.Module], x: Tensor) -> Tensor:
        key = (id(x), str(layers))
        if key not in self._pooled:
            self._pooled[key] = _Pooled(layers, x)
        return self._pooled[key].through(layers)


def layers_of(module: nn.Module) -> list[nn.Module]:
    """Return the layers that a module runs one after another: itself, if it does anything else."""
    return [layer for part in module for layer in layers_of(part)] if type(module) is nn.Sequential else [module]


# -------------------------------------------------------------------- which layers


class _Projection(NamedTuple):
    """A 1x1 convolution and the norm behind it; without a convolution, the norm alone."""

    conv: nn.Conv2d | None
    norm: nn.BatchNorm2d

    @property
    def square(self) -> bool:
        """Whether the channels stay as many."""
        return self.conv is None or self.conv.in_channels == self.conv.out_channels

    def __call__(self, x: Tensor) -> Tensor:
        """Map `[B, C_in, H, W]` to `[B, C, H, W]`."""
        return self.norm(x) if self.conv is None else _sum([(x.new_ones(()), x, self)], [])


def _parts(layers: Sequence[nn.Module]) -> list[nn.Module | _Projection]:
    parts: list[nn.Module | _Projection] = []
    for layer in layers:
        before = parts[-1] if parts else None
        if not _normalises(layer):
            parts.append(layer)
        elif type(before) is nn.Conv2d and _pointwise(before):
            parts[-1] = _Projection(before, layer)
        else:
            parts.append(_Projection(None, layer))
    return parts


def _through(parts: Sequence[nn.Module | _Projection], x: Tensor) -> Tensor:
    for part in parts:
        x = part(x)
    return x


def _normalises(layer: nn.Module) -> bool:
    """Return whether a layer is torch's batch norm, by the batch, with running statistics."""
    return type(layer) is nn.BatchNorm2d and layer.training and layer.track_running_stats and layer.momentum is not None


def _pointwise(conv: nn.Conv2d) -> bool:
    return conv.kernel_size == conv.stride == (1, 1) and conv.padding == (0, 0) and conv.groups == 1 and conv.bias is None


def _pools(layers: Sequence[nn.Module]) -> bool:
    """Return whether layers are pooling, or pooling and a norm without parameters."""
    if not layers or type(layers[0]) not in {nn.AvgPool2d, nn.MaxPool2d}:
        return False
    return len(layers) == 1 or (len(layers) == 2 and _normalises(layers[1]) and not layers[1].affine)


class _Pooled:
    """What pooling makes of a value, normalised if a norm follows."""

    def __init__(self, layers: Sequence[nn.Module], x: Tensor) -> None:
        self.read = x  # kept, so that no other tensor gets its id
        self.value = layers[0](x)
        if len(layers) == 2:
            norm = layers[1]
            self.mean, self.var = torch.zeros_like(norm.running_mean), torch.zeros_like(norm.running_var)
            # with a momentum of 1 they become those of the batch
            self.value = functional.batch_norm(self.value, self.mean, self.var, training=True, momentum=1.0, eps=norm.eps)

    def through(self, layers: Sequence[nn.Module]) -> Tensor:
        for norm in layers[1:]:
            _observe(norm, self.mean, self.var)
        return self.value


def _observe(norm: nn.BatchNorm2d, mean: Tensor, var: Tensor) -> None:
    """Move running statistics towards those of a batch `[C]`, as the norm does; the variance is the unbiased one."""
    norm.running_mean.lerp_(mean, norm.momentum)
    norm.running_var.lerp_(var, norm.momentum)
    norm.num_batches_tracked.add_(1)


# -------------------------------------------------------------------- the sum


def _sum(projected: list[tuple[Tensor, Tensor, _Projection]], plain: list[tuple[Tensor, Tensor]]) -> Tensor:
    norms = [projection.norm for _, _, projection in projected]
    matrix = scale = shift = None
    if projected:
        x = projected[0][1]
        matrix = torch.stack(
            [
                torch.eye(norm.num_features, dtype=x.dtype, device=x.device) if conv is None else conv.weight.flatten(1)
                for _, _, (conv, norm) in projected
            ]
        )
        scale = torch.stack(
            [
                weight.expand(norm.num_features) if norm.weight is None else weight * norm.weight
                for (weight, _, (_, norm)) in projected
            ]
        )
        shifts = [weight * norm.bias for weight, _, (_, norm) in projected if norm.bias is not None]
        shift = torch.stack(shifts).sum(0) if shifts else None
    weights = torch.stack([weight for weight, _ in plain]) if plain else None
    values = [*(x for _, x, _ in projected), *(y for _, y in plain)]
    out: Tensor = _Sum.apply(norms, matrix, scale, shift, weights, *values)  # type: ignore[no-untyped-call, unused-ignore]
    return out


class _Sum(torch.autograd.Function):
    """The sum over all pixels' products with matrices of convolution, norm and scale, and of other values times weights."""

    @staticmethod
    def forward(
        ctx: Any, norms: list[nn.BatchNorm2d], matrix: Tensor | None, scale: Tensor | None, shift: Tensor | None, weights: Tensor | None, *values: Tensor
    ) -> Tensor:
        ctx.read = len(norms)
        plain = list(values[len(norms) :])
        mean = seen = inverse = folded = None
        if norms:
            read = [_pixels(x) for x in values[: len(norms)]]
            count = read[0].shape[0] * read[0].shape[1]
            mean = torch.stack([x.sum(1).sum(0) for x in read]).div_(count)
            covariance = torch.stack([_products(x, x) for x in read]).div_(count).sub_(mean[:, :, None] * mean[:, None])
            seen = matrix @ covariance
            var = (seen * matrix).sum(2).clamp_(min=0)
            moved = (matrix @ mean[:, :, None]).squeeze(2)
            for norm, of_mean, of_var in zip(norms, moved, var * (count / max(count - 1, 1)), strict=True):
                _observe(norm, of_mean, of_var)
            inverse = torch.stack([(of_var + norm.eps).rsqrt_() for norm, of_var in zip(norms, var, strict=True)])
            factor = inverse * scale
            folded = factor[:, :, None] * matrix
            away = -(factor * moved).sum(0)
            rows = torch.addmm(away if shift is None else away + shift, read[0].flatten(0, 1), folded[0].t())
            for x, part in zip(read[1:], folded[1:], strict=True):
                rows.addmm_(x.flatten(0, 1), part.t())
            out = _images(rows, values[0])
        else:
            out = plain[0] * weights[0]
        for y, weight in list(zip(plain, () if weights is None else weights, strict=True))[not norms :]:
            out.addcmul_(y, weight)
        ctx.save_for_backward(matrix, scale, weights, mean, seen, inverse, folded, *values)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        matrix, scale, weights, mean, seen, inverse, folded, *values = ctx.saved_tensors
        needs = ctx.needs_input_grad[-len(values) :]
        of_values: list[Tensor | None] = [None] * len(values)
        of_matrix = of_scale = of_shift = of_weights = None
        pixels = _pixels(gradient).contiguous()
        rows = pixels.flatten(0, 1)
        if ctx.read:
            read = [_pixels(x) for x in values[: ctx.read]]
            total = pixels.sum(1).sum(0)
            products = torch.stack([_products(pixels, x) for x in read]).sub_(total[:, None] * mean[:, None])
            of_scale = inverse * (products * matrix).sum(2)
            of_shift = total if ctx.needs_input_grad[3] else None
            along = (inverse * of_scale)[:, :, None]
            of_matrix = (inverse * scale)[:, :, None] * (products - along * seen)
            back = folded.transpose(1, 2) @ (along * matrix / len(rows))
            away = (back @ mean[:, :, None]).squeeze(2) - (total / len(rows)) @ folded
            for i, x in enumerate(read):
                if needs[i]:
                    of_x = torch.addmm(away[i], rows, folded[i]).addmm_(x.flatten(0, 1), back[i], alpha=-1)
                    of_values[i] = _images(of_x, values[i])
        if weights is not None:
            flat = rows.view(-1)
            of_weights = torch.stack([flat @ _pixels(y).reshape(-1) for y in values[ctx.read :]])
            for i, weight in enumerate(weights, ctx.read):
                if needs[i]:
                    of_values[i] = gradient * weight
        return None, of_matrix, of_scale, of_shift, of_weights, *of_values


def _pixels(images: Tensor) -> Tensor:
    """Return `[B, C, H, W]` as `[B, H * W, C]`: a view where channels are last in memory."""
    return images.permute(0, 2, 3, 1).flatten(1, 2)


def _images(rows: Tensor, like: Tensor) -> Tensor:
    """Return `[B * H * W, C]` as `[B, C, H, W]`."""
    return rows.view(len(like), *like.shape[2:], -1).permute(0, 3, 1, 2)


def _products(a: Tensor, b: Tensor) -> Tensor:
    """Return the sum over all pixels of the products of channels, `[C_a, C_b]`; image by image, so in all threads."""
    return torch.bmm(a.transpose(1, 2), b).sum(0)
