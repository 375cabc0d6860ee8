"""What several methods relax a choice by: Gumbel noise, straight-through gates, temperatures that fall."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from awnas_gym.spaces.relaxable import SMALLEST


def concrete(logits: Tensor, temperature: float, rng: np.random.Generator) -> Tensor:
    """Return a draw of the concrete distribution on each edge, `softmax((logits + g) / temperature)`.

    g is standard Gumbel noise [Jang et al., ICLR 2017; Maddison et al., ICLR 2017]; NumPy's is always finite.

    Args:
        logits: `[edges, operations]`, -inf where an operation is not legal.
        temperature: above 0; the lower, the nearer to one of the operations.
        rng: consumed.
    """
    return torch.softmax((logits + _gumbel(logits, rng)) / temperature, dim=1)


def draw(logits: Tensor, n: int, rng: np.random.Generator) -> Tensor:
    """Return `n` different operations of each edge, drawn one after another by their odds, int64 `[edges, n]`.

    Args:
        logits: `[edges, operations]`, -inf where an operation is not legal; illegal ones come last.
        n: how many.
        rng: consumed.
    """
    return (logits.detach() + _gumbel(logits, rng)).topk(n, dim=1).indices


def gates(odds: Tensor, chosen: Tensor, run: Tensor | None = None) -> Tensor:
    """Return 1 for the chosen operation of each edge and 0 for the others, with the gradient of `odds`.

    The straight-through estimator [Bengio et al., 2013]: d L / d odds is taken to be d L / d gates.

    Args:
        odds: `[edges, operations]`.
        chosen: an operation of each edge, int64 `[edges]`.
        run: bool `[edges, operations]`: those that are run for their gradient, though they count as 0.
    """
    hard = torch.zeros_like(odds).scatter(1, chosen[:, None], 1.0)
    if run is not None:
        hard = hard.masked_fill(run & (hard == 0), SMALLEST)
    return hard + (odds - odds.detach())  # the second term is exactly 0


def linear(progress: float, first: float, last: float) -> float:
    """Return a value on the way from `first` to `last`."""
    return first + (last - first) * progress


def _gumbel(like: Tensor, rng: np.random.Generator) -> Tensor:
    return torch.from_numpy(rng.gumbel(size=tuple(like.shape))).to(like)
