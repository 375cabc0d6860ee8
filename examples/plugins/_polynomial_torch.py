"""Imported when a row of `polynomial.py` is used: it needs torch."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim import Optimizer, lr_scheduler


def rmsprop(groups: list[dict[str, Any]], *, learning_rate: float, momentum: float = 0.9) -> Optimizer:
    """Return RMSprop of groups of parameters, each with its weight decay."""
    return torch.optim.RMSprop(groups, lr=learning_rate, momentum=momentum)


def polynomial(optimiser: Optimizer, epochs: int, *, power: float = 2.0) -> lr_scheduler.LRScheduler:
    """Return a rate that falls to 0 after the last epoch."""
    return lr_scheduler.PolynomialLR(optimiser, total_iters=epochs, power=power)
