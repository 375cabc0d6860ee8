"""The weighted sums of a cell: what its operations share is computed once, what they end in is not computed at all.

Most operations end in a 1x1 convolution and a batch norm, which `supernets.weighted_sum` folds into the sum. Pooling,
with a norm that has no parameters, is the same for all edges that read a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeGuard, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from awnas_gym.supernets.operations.abstract import AbstractOperation
from awnas_gym.supernets.values import Values
from awnas_gym.supernets.weighted_sum import observe, weighted_sum

Term = tuple[Tensor, Sequence[nn.Module], Tensor]
"""A weight, layers one after another, and what the first of them reads."""


def term(weight: Tensor, values: Values, operation: AbstractOperation, number: int) -> Term:
    """Return the term of an operation on a value."""
    module, x = values.read(operation, number)
    return weight, _layers_of(module), x


@final
class Mixture:
    """Makes the weighted sums of a cell.

    Layers of other classes than torch's own, as a factory may make them, and batch norms that do not normalise by the
    batch are run as they are.
    """

    def __init__(self) -> None:
        self._pooled: dict[tuple[int, str], _Pooled] = {}

    def __call__(self, terms: Sequence[Term]) -> Tensor:
        """Return the sum of what the layers make of `[B, C_in, H, W]`, each times its weight: `[B, C, H', W']`.

        Running statistics of batch norms move as if each had been called.
        """
        projected: list[tuple[Tensor, _Projection, Tensor]] = []
        plain: list[tuple[Tensor, Tensor]] = []
        for weight, layers, x in terms:
            if pooling := _pooling(layers):
                plain.append((weight, self._pool(*pooling, x)))
            elif last := _projection(layers):
                projected.append((weight, last, _through(layers[: -len(last.layers)], x)))
            else:
                plain.append((weight, _through(layers, x)))
        return _summed(projected, plain)

    def _pool(self, pool: nn.Module, norm: nn.BatchNorm2d | None, x: Tensor) -> Tensor:
        key = (id(x), f"{pool} {norm}")
        if key not in self._pooled:
            self._pooled[key] = _Pooled.of(pool, norm, x)
        pooled = self._pooled[key]
        if norm is not None:
            observe([norm], pooled.mean[None], pooled.var[None])
        return pooled.made


# -------------------------------------------------------------------- layers


class _Projection(NamedTuple):
    """A 1x1 convolution and the norm behind it; without a convolution, the norm alone."""

    conv: nn.Conv2d | None
    norm: nn.BatchNorm2d

    @property
    def layers(self) -> list[nn.Module]:
        return [self.norm] if self.conv is None else [self.conv, self.norm]


def _layers_of(module: nn.Module) -> list[nn.Module]:
    """Return what a module runs one after another: itself, if it does anything else."""
    return [layer for part in module for layer in _layers_of(part)] if type(module) is nn.Sequential else [module]


def _projection(layers: Sequence[nn.Module]) -> _Projection | None:
    """Return what layers end in, if it can be folded into a sum of values with as many channels."""
    norm = layers[-1] if layers else None
    if norm is None or not _normalises(norm):
        return None
    conv = layers[-2] if len(layers) > 1 else None
    if type(conv) is nn.Conv2d and _is_pointwise(conv) and conv.in_channels == conv.out_channels:
        return _Projection(conv, norm)
    return _Projection(None, norm)


def _through(layers: Sequence[nn.Module], x: Tensor) -> Tensor:
    for layer in layers:
        x = layer(x)
    return x


def _normalises(layer: nn.Module) -> TypeGuard[nn.BatchNorm2d]:
    """Return whether a layer is torch's own batch norm, and normalises by the batch."""
    return (
        type(layer) is nn.BatchNorm2d
        and layer.training
        and (layer.momentum is not None or not layer.track_running_stats)
    )


def _is_pointwise(conv: nn.Conv2d) -> bool:
    one = (1, 1)
    return conv.kernel_size == conv.stride == one and conv.padding == (0, 0) and conv.groups == 1 and conv.bias is None


def _pooling(layers: Sequence[nn.Module]) -> tuple[nn.Module, nn.BatchNorm2d | None] | None:
    """Return pooling and the norm behind it, or None if it is anything else; the norm has no parameters."""
    if not layers or type(layers[0]) not in {nn.AvgPool2d, nn.MaxPool2d}:
        return None
    match layers[1:]:
        case []:
            return layers[0], None
        case [norm] if _normalises(norm) and not norm.affine:
            return layers[0], norm
    return None


@final
@dataclass(frozen=True)
class _Pooled:
    """What pooling made of a value, normalised where a norm follows, with the mean and unbiased variance of the batch.

    The value that it read is kept, so that no other one gets its `id`.
    """

    read: Tensor
    made: Tensor
    mean: Tensor
    var: Tensor

    @classmethod
    def of(cls, pool: nn.Module, norm: nn.BatchNorm2d | None, x: Tensor) -> _Pooled:
        made, mean, var = pool(x), x.new_zeros(x.shape[1]), x.new_zeros(x.shape[1])
        if norm is not None:  # with a momentum of 1, running statistics become those of the batch
            made = functional.batch_norm(made, mean, var, training=True, momentum=1.0, eps=norm.eps)
        return cls(x, made, mean, var)


# -------------------------------------------------------------------- tensors of all terms


def _summed(projected: Sequence[tuple[Tensor, _Projection, Tensor]], plain: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    norms = [norm for _, (_, norm), _ in projected]
    matrix = scale = shift = weights = None
    if projected:
        like = projected[0][2]
        matrix = torch.stack([_matrix(projection, like) for _, projection, _ in projected])
        scale = torch.stack([_times(weight, norm.weight, norm.num_features) for weight, (_, norm), _ in projected])
        shifts = [weight * norm.bias for weight, (_, norm), _ in projected if norm.affine]
        shift = torch.stack(shifts).sum(0) if shifts else None
    if plain:
        weights = torch.stack([weight for weight, _ in plain])
    return weighted_sum(
        norms, [x for _, _, x in projected], [y for _, y in plain],
        matrix=matrix, scale=scale, shift=shift, weights=weights,
    )  # fmt: skip


def _matrix(projection: _Projection, like: Tensor) -> Tensor:
    """Return the weights of the convolution, `[C, C_in]`, of the type of a tensor."""
    if projection.conv is None:
        return torch.eye(projection.norm.num_features, dtype=like.dtype, device=like.device)
    return projection.conv.weight.flatten(1)


def _times(weight: Tensor, scale: Tensor | None, channels: int) -> Tensor:
    return weight.expand(channels) if scale is None else weight * scale
