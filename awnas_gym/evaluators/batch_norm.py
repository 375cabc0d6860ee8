"""Which statistics batch norm uses when shared weights are scored."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

POLICIES = ("batch", "recalibrate", "inherit")
"""Those of the batch that is scored; those of some training batches under the same architecture; those of training."""


@contextlib.contextmanager
def batch_norm_policy(
    policy: str, network: nn.Module, model: Callable[[Tensor], Tensor], training_images: Iterable[Tensor]
) -> Iterator[None]:
    """Set batch norm to a policy while scores are taken; running statistics are afterwards as before.

    All else is in evaluation mode: nothing is dropped.

    Args:
        policy: one of `POLICIES`.
        network: whose batch norms are meant.
        model: how it is called on images.
        training_images: batches for `"recalibrate"`; not read otherwise.
    """
    norms = _norms(network)
    kept = [{name: buffer.clone() for name, buffer in norm.named_buffers()} for norm in norms]
    was_training = network.training
    try:
        if policy == "recalibrate":
            recalibrate(network, model, training_images)
        network.eval()
        for norm in norms:
            norm.train(policy == "batch")
        yield
    finally:
        network.train(was_training)
        for norm, buffers in zip(norms, kept, strict=True):
            for name, buffer in norm.named_buffers():
                buffer.copy_(buffers[name])


@contextlib.contextmanager
def frozen_statistics(network: nn.Module) -> Iterator[None]:
    """Let batch norms of a network in training mode use each batch's statistics, and leave the running ones alone."""
    tracking = [norm for norm in _norms(network) if norm.track_running_stats]
    try:
        for norm in tracking:
            norm.track_running_stats = False
        yield
    finally:
        for norm in tracking:
            norm.track_running_stats = True


@torch.no_grad()
def recalibrate(network: nn.Module, model: Callable[[Tensor], Tensor], training_images: Iterable[Tensor]) -> None:
    """Set the running statistics of batch norms to the plain mean over batches; the network is then in training mode.

    Args:
        network: whose batch norms are meant.
        model: how it is called on images.
        training_images: batches.
    """
    norms = _norms(network)
    momenta = [norm.momentum for norm in norms]
    network.train()
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        for images in training_images:
            model(images)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


def _norms(network: nn.Module) -> list[_BatchNorm]:
    return [module for module in network.modules() if isinstance(module, _BatchNorm)]
