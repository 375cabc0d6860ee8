"""First weights, drawn from a generator."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Draw all weights of convolutions and linear layers anew; batch norms are as new.

    Normal with variance 2 / inputs for convolutions [He et al., ICCV 2015] and 1 / inputs for linear layers, where the
    inputs are the numbers that an output is a sum of; biases are 0. Modules draw in the order of `network.modules()`.

    Args:
        network: on any device, in any layout.
        generator: of the CPU, so that weights are the same everywhere; it is advanced.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            weight = module.weight
            deviation = math.sqrt((2 if isinstance(module, nn.Conv2d) else 1) / weight[0].numel())
            weight.copy_(torch.randn(weight.shape, generator=generator) * deviation)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, _BatchNorm):
            module.reset_parameters()
            module.reset_running_stats()
