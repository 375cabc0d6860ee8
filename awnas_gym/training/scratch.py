"""Training one architecture from scratch, several seeds at once."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from awnas_gym.errors import TrainingError
from awnas_gym.seeding import derive_seed
from awnas_gym.supernets.copies import CopiesLinear
from awnas_gym.training.recipe import Recipe
from awnas_gym.training.schedules import cosine
from awnas_gym.training.side_by_side import SideBySide
from awnas_gym.training.stream import Batch


@final
@dataclass(frozen=True, slots=True)
class LearningCurves:
    """What a training gave, after each epoch.

    On the training split images count as they pass, so under weights that still move; on the others at the epoch's end.

    Attributes:
        correct: split -> correctly classified images, int64 `[copies, epochs]`.
        loss: split -> mean cross-entropy in nats, float64 `[copies, epochs]`.
        seconds: since the beginning, of all copies together, float64 `[epochs]`.
    """

    correct: dict[str, NDArray[np.int64]]
    loss: dict[str, NDArray[np.float64]]
    seconds: NDArray[np.float64]


def initialise(network: nn.Module, seeds: list[int], *, copies: int, kind: str = "kaiming_normal") -> None:
    """Draw each copy's weights from its own seed, so that copy k of n equals a single network of that seed.

    Convolutions as `Recipe.initialisation` says, then linear layers uniform within `1 / sqrt(inputs)`. What else a
    network has stays as it was built.
    """
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    linear: list[CopiesLinear | nn.Linear] = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            bound = 1 / math.sqrt(module.weight[0].numel())
            if kind == "kaiming_normal":
                deviation = math.sqrt(2 / (module.out_channels // copies * math.prod(module.kernel_size)))
                _normal(module.weight.chunk(copies), deviation, generators)
            else:
                _uniform(module.weight.chunk(copies), bound, generators)
            if module.bias is not None:
                _uniform(module.bias.chunk(copies), bound, generators)
        elif isinstance(module, CopiesLinear | nn.Linear):
            linear.append(module)
    for layer in linear:
        for parameter in layer.parameters(recurse=False):
            parts = list(parameter) if isinstance(layer, CopiesLinear) else [parameter]
            _uniform(parts, 1 / math.sqrt(layer.weight.shape[1]), generators)


@torch.no_grad()
def _normal(parts: Iterable[Tensor], deviation: float, generators: list[torch.Generator]) -> None:
    """Draw each part from its own generator."""
    for part, rng in zip(parts, generators, strict=True):
        part.copy_(torch.randn(part.shape, generator=rng) * deviation)


@torch.no_grad()
def _uniform(parts: Iterable[Tensor], bound: float, generators: list[torch.Generator]) -> None:
    """Draw each part from its own generator, within -bound and bound."""
    for part, rng in zip(parts, generators, strict=True):
        part.copy_((torch.rand(part.shape, generator=rng) * 2 - 1) * bound)


def train(
    network: nn.Module,
    data: SideBySide,
    recipe: Recipe,
    *,
    seeds: list[int],
    epochs: int | None = None,
    strict: bool = False,
) -> LearningCurves:
    """Train `network` in place and return its learning curves.

    Args:
        network: maps `[B, copies * C, H, W]` to logits `[copies, B, classes]`, or `[B, classes]` if it is a single one.
        data: on its device the network is trained.
        recipe: optimiser, schedule, first weights.
        seeds: one a copy; gives its first weights, its order of the data and its augmentation.
        epochs: after which it ends before its time; None for all of the recipe's. The schedule is that of them all.
        strict: whether a loss that is no number ends it.

    Raises:
        TrainingError: it is strict, and a loss is no number.
    """
    copies, start = len(seeds), time.perf_counter()
    network.to(device=data.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]
    initialise(network, [derive_seed(seed, "weights") for seed in seeds], copies=copies, kind=recipe.initialisation)
    optimiser = torch.optim.SGD(
        network.parameters(), lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=True,
        weight_decay=recipe.weight_decay, fused=True,
    )  # fmt: skip
    rates = (
        cosine(step / (recipe.epochs * data.steps), high=recipe.learning_rate)
        for step in range(recipe.epochs * data.steps)
    )
    ended = recipe.epochs if epochs is None else epochs
    correct = {name: np.zeros((copies, ended), dtype=np.int64) for name in data.images}
    loss = {name: np.zeros((copies, ended)) for name in data.images}
    seconds = np.zeros(ended)
    for epoch, batches in enumerate(itertools.islice(data.training(seeds), ended)):
        found = {"train": _pass(network, optimiser, rates, batches)}
        for name in data.images.keys() - {"train"}:
            found[name] = evaluate(network, data.evaluation(name), copies=copies)
        if strict and (wrong := [name for name, (_, nats) in found.items() if not np.isfinite(nats).all()]):
            raise TrainingError(
                f"the {wrong[0]} loss is {found[wrong[0]][1].sum()} in epoch {epoch + 1}; lower learning_rate"
            )
        for name, (hits, nats) in found.items():
            correct[name][:, epoch], loss[name][:, epoch] = hits, nats / data.images[name]
        seconds[epoch] = time.perf_counter() - start
    return LearningCurves(correct, loss, seconds)


Sums = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Correctly classified images and cross-entropy in nats, summed over images, `[copies]` each."""


def _pass(network: nn.Module, optimiser: torch.optim.SGD, rates: Iterator[float], batches: Iterator[Batch]) -> Sums:
    """Take a training step with each batch."""
    network.train()
    hits: list[Tensor] = []
    nats: list[Tensor] = []
    for images, labels in batches:
        for group in optimiser.param_groups:
            group["lr"] = next(rates)
        logits = _logits(network, images)  # [copies, B, classes]
        # the sum over copies: each copy's gradient is that of its own mean loss
        loss = functional.cross_entropy(logits.flatten(0, 1), labels.flatten()) * len(logits)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        _count(logits.detach(), labels, hits, nats)
    return _sums(hits, nats)


@torch.inference_mode()
def evaluate(network: nn.Module, batches: Iterable[Batch], *, copies: int) -> Sums:
    """Evaluate every copy on images `[B, C, H, W]` and labels `[B]`; batch norm as trained."""
    network.eval()
    hits: list[Tensor] = []
    nats: list[Tensor] = []
    for images, labels in batches:
        _count(_logits(network, images.repeat(1, copies, 1, 1)), labels.expand(copies, -1), hits, nats)
    return _sums(hits, nats)


def _logits(network: nn.Module, images: Tensor) -> Tensor:
    """Return logits `[copies, B, classes]`, of a network that has no copies too."""
    logits: Tensor = network(images.contiguous(memory_format=torch.channels_last))
    return logits if logits.ndim == 3 else logits[None]


def _count(logits: Tensor, labels: Tensor, hits: list[Tensor], nats: list[Tensor]) -> None:
    """Append what a batch adds to `Sums`, still on the device."""
    hits.append((logits.argmax(-1) == labels).sum(1))
    nats.append(functional.cross_entropy(logits.transpose(1, 2), labels, reduction="none").sum(1))


def _sums(hits: list[Tensor], nats: list[Tensor]) -> Sums:
    return torch.stack(hits).sum(0).cpu().numpy(), torch.stack(nats).sum(0, dtype=torch.float64).cpu().numpy()
