"""Learning rates of a final training, epoch by epoch: torch's schedulers under the names of `SCHEDULERS`.

A scheduler is a function of an optimiser and the number of epochs that it is laid over. (`schedules` has the functions
of time that shared weights use, whose end is not known.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.optim import Optimizer, lr_scheduler

from awnas_gym.training import SCHEDULERS

Scheduler = lr_scheduler.LRScheduler


def cosine(optimiser: Optimizer, epochs: int, *, lowest_rate: float = 0.0) -> Scheduler:
    """Return half a cosine [Loshchilov & Hutter, ICLR 2017].

    Args:
        optimiser: whose learning rate falls.
        epochs: after which it would be lowest.
        lowest_rate: there.
    """
    return lr_scheduler.CosineAnnealingLR(optimiser, T_max=epochs, eta_min=lowest_rate)


def cosine_restarts(
    optimiser: Optimizer, epochs: int, *, lowest_rate: float = 0.0, first: int = 10, factor: int = 2
) -> Scheduler:
    """Return cosines that begin anew [Loshchilov & Hutter, ICLR 2017]; the defaults are those of ENAS.

    Args:
        optimiser: whose learning rate falls and rises.
        epochs: of the training; 10 + 20 + 40 + … + 320 = 630 end with a whole cosine.
        lowest_rate: at the end of each.
        first: epochs of the first cosine.
        factor: how many times as long each is as the one before.
    """
    return lr_scheduler.CosineAnnealingWarmRestarts(optimiser, T_0=first, T_mult=factor, eta_min=lowest_rate)


def step(optimiser: Optimizer, epochs: int, *, every: int = 30, factor: float = 0.1) -> Scheduler:
    """Return a staircase.

    Args:
        optimiser: whose learning rate falls.
        epochs: of the training.
        every: epochs of a step.
        factor: of each step to the one before.
    """
    return lr_scheduler.StepLR(optimiser, step_size=every, gamma=factor)


def multistep(optimiser: Optimizer, epochs: int, *, at: Sequence[int], factor: float = 0.1) -> Scheduler:
    """Return a staircase with steps of any lengths.

    Args:
        optimiser: whose learning rate falls.
        epochs: of the training.
        at: epochs at which a step begins.
        factor: of each step to the one before.
    """
    return lr_scheduler.MultiStepLR(optimiser, milestones=list(at), gamma=factor)


def exponential(optimiser: Optimizer, epochs: int, *, factor: float = 0.97) -> Scheduler:
    """Return a rate that falls by the same factor each epoch.

    Args:
        optimiser: whose learning rate falls.
        epochs: of the training.
        factor: of each epoch to the one before; .97 is that of DARTS on ImageNet.
    """
    return lr_scheduler.ExponentialLR(optimiser, gamma=factor)


def constant(optimiser: Optimizer, epochs: int) -> Scheduler:
    """Return a rate that stays.

    Args:
        optimiser: whose learning rate is meant.
        epochs: of the training.
    """
    return lr_scheduler.ConstantLR(optimiser, factor=1.0)


def learning_rates(scheduler: Mapping[str, Any], *, highest: float, epochs: int, warmup_epochs: int = 0) -> list[float]:
    """Return the learning rate of each epoch.

    They are worked out once and before: a training that is resumed then needs no more than its epoch.

    Args:
        scheduler: `name` of a row of `SCHEDULERS`, and its settings.
        highest: the rate that the scheduler begins with.
        epochs: of the training.
        warmup_epochs: the rate first rises to `highest` in so many equal steps; then the scheduler begins.
    """
    settings = {name: value for name, value in scheduler.items() if name != "name"}
    optimiser = torch.optim.SGD([torch.zeros(1)], lr=highest)  # of nothing: torch's schedulers want one
    laid = SCHEDULERS.load(scheduler["name"])(optimiser, max(1, epochs - warmup_epochs), **settings)
    rates = [highest * (epoch + 1) / warmup_epochs for epoch in range(warmup_epochs)]
    while len(rates) < epochs:
        rates.append(float(optimiser.param_groups[0]["lr"]))
        optimiser.step()
        laid.step()
    return rates
