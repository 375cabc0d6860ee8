"""Imported when a row of `margins.py` is used: it needs torch."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from awnas_gym.tasks.abstract import AbstractMeasure, AbstractTask, Batch, Model
from awnas_gym.tasks.classification import Classification


class Margins(AbstractTask):
    """The multi-class hinge loss [Crammer & Singer, JMLR 2001]; scores are those of classification."""

    yields = Classification.yields

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean over the batch of how far other classes come within 1 of the label's logit."""
        return functional.multi_margin_loss(logits, labels)

    def metrics(self, model: Model, batches: Iterable[Batch]) -> dict[str, float]:
        """Return accuracy and cross-entropy."""
        return Classification().metrics(model, batches)


class ImageNoise(AbstractMeasure):
    """Accuracy on images with Gaussian noise of deviation `strength`, in units of the normalised images."""

    yields = frozenset({"blurred_accuracy"})

    def __init__(self, *, strength: float = 0.5) -> None:
        self.strength = strength

    def measure(
        self, task: AbstractTask, network: nn.Module, model: Model, batches: Iterable[Batch], generator: torch.Generator
    ) -> dict[str, float]:
        """Return `blurred_accuracy`."""
        noisy = [(x + self.strength * torch.randn(x.shape, generator=generator).to(x), y) for x, y in batches]
        return {"blurred_accuracy": task.metrics(model, noisy)["accuracy"]}
