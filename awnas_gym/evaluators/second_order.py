"""The second-order gradient of DARTS [Liu et al., ICLR 2019, section 2.3, equations 5 to 8]."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from awnas_gym.ranks import Ranks
from awnas_gym.training.distributed import average_over_ranks

RADIUS = 0.01
"""Length of the step of the finite differences, the paper's epsilon times the norm of the direction."""


@contextlib.contextmanager
def constant(weights: Sequence[Tensor]) -> Iterator[None]:
    """Let weights need no gradients, so that none are computed beside those of a mixture's matrix."""
    for weight in weights:
        weight.requires_grad_(False)  # noqa: FBT003 - a method of torch
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_()


def slope_by(matrix: Tensor, loss: Tensor) -> Tensor:
    """Return the gradient of a loss by the matrix: 0 where nothing was run, even if the loss then needs none."""
    (slope,) = torch.autograd.grad(loss + 0 * matrix.sum(), matrix)
    return slope


def second_order_term(
    matrix: Tensor,
    training_loss: Callable[[], Tensor],
    validation_loss: Callable[[], tuple[Tensor, Any]],
    optimiser: torch.optim.SGD,
    *,
    rate: float,
    ranks: Ranks,
) -> tuple[Tensor, Any, Tensor]:
    """Return the validation loss after a step of the weights, what the network gave, and its gradient by the matrix.

    With w' = w - rate * (momentum * buffer + d L_train / dw + weight_decay * w), the step that the optimiser would
    take next, the gradient is d L_valid(w') / dA - rate * (d L_train(w+) / dA - d L_train(w-) / dA) / (2 R), where
    w± = w ± R * v, v = d L_valid(w') / dw' and R = 0.01 / ||v||. Weights are afterwards what they were.

    Args:
        matrix: A, which has a gradient.
        training_loss: of the next training batch, by the weights as they are.
        validation_loss: of a validation batch likewise, and what the network gives.
        optimiser: SGD without Nesterov momentum; it is not stepped.
        rate: of the step.
        ranks: over which gradients by the weights are averaged.
    """
    weights: list[Tensor] = [weight for group in optimiser.param_groups for weight in group["params"]]
    group = optimiser.param_groups[0]
    kept = [weight.detach().clone() for weight in weights]
    try:
        steps = _averaged(torch.autograd.grad(training_loss(), weights, materialize_grads=True), ranks)
        with torch.no_grad():
            for weight, step in zip(weights, steps, strict=True):
                buffer = optimiser.state[weight].get("momentum_buffer") if weight in optimiser.state else None
                if buffer is not None:
                    step.add_(buffer, alpha=group["momentum"])
                weight.sub_(step + group["weight_decay"] * weight, alpha=rate)
        loss, out = validation_loss()
        slope, *found = torch.autograd.grad(loss, [matrix, *weights], materialize_grads=True)
        direction = _averaged(found, ranks)
        length = torch.sqrt(sum((part.square().sum() for part in direction), torch.zeros_like(direction[0].sum())))
        radius = RADIUS / length
        ends = []
        for sign in (1, -1):
            with torch.no_grad():
                for weight, before, part in zip(weights, kept, direction, strict=True):
                    weight.copy_(before + sign * radius * part)
            with constant(weights):
                ends.append(slope_by(matrix, training_loss()))
    finally:
        with torch.no_grad():
            for weight, before in zip(weights, kept, strict=True):
                weight.copy_(before)
    return loss, out, slope - rate * (ends[0] - ends[1]) / (2 * radius)


def _averaged(gradients: Sequence[Tensor], ranks: Ranks) -> list[Tensor]:
    """Return copies of gradients, averaged over the ranks."""
    copies = [gradient.detach().clone() for gradient in gradients]
    average_over_ranks(copies, ranks)
    return copies
