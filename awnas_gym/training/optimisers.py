"""Optimisers of `OPTIMISERS`: functions of groups of parameters, each with a weight decay of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

Groups = list[dict[str, Any]]
"""Of each group `params` and `weight_decay`."""


def sgd(
    groups: Groups, *, learning_rate: float, momentum: float = 0.9, nesterov: bool = False
) -> torch.optim.Optimizer:
    """Return stochastic gradient descent.

    Args:
        groups: of parameters.
        learning_rate: at the beginning.
        momentum: from 0 up to 1.
        nesterov: whether the gradient is taken where the momentum leads [Sutskever et al., ICML 2013].
    """
    return torch.optim.SGD(groups, lr=learning_rate, momentum=momentum, nesterov=nesterov, fused=True)


def adam(groups: Groups, *, learning_rate: float, beta1: float = 0.9, beta2: float = 0.999) -> torch.optim.Optimizer:
    """Return Adam [Kingma & Ba, ICLR 2015].

    Args:
        groups: of parameters.
        learning_rate: at the beginning.
        beta1: share of the running mean of gradients that is kept in a step.
        beta2: likewise of their squares.
    """
    return torch.optim.Adam(groups, lr=learning_rate, betas=(beta1, beta2), fused=True)


def adamw(groups: Groups, *, learning_rate: float, beta1: float = 0.9, beta2: float = 0.999) -> torch.optim.Optimizer:
    """Return Adam with decoupled weight decay [Loshchilov & Hutter, ICLR 2019].

    Args:
        groups: of parameters.
        learning_rate: at the beginning.
        beta1: share of the running mean of gradients that is kept in a step.
        beta2: likewise of their squares.
    """
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(beta1, beta2), fused=True)


def parameter_groups(network: nn.Module, *, weight_decay: float, no_bias_decay: bool) -> Groups:
    """Return the parameters of a network in groups; biases and norms may be spared weight decay.

    Args:
        network: whose parameters are meant.
        weight_decay: of what is not spared.
        no_bias_decay: whether parameters of one dimension are spared: biases, and scale and shift of norms.
    """
    parameters = [p for p in network.parameters() if p.requires_grad]
    if not no_bias_decay:
        return [{"params": parameters, "weight_decay": weight_decay}]
    return [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]
