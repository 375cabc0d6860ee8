"""Accuracy with noise on the weights, as analog hardware has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

import torch
from torch import nn

from awnas_gym.errors import SettingError
from awnas_gym.tasks.abstract import AbstractMeasure, AbstractTask, Batch, Model


@final
class WeightNoise(AbstractMeasure):
    """Mean accuracy over draws of Gaussian noise on every weight of convolutions and linear layers.

    The deviation of the noise is `strength` times the largest absolute weight of its tensor, the usual model of
    programming noise on crossbars [Joshi et al., Nature Communications 2020]. Biases and batch norms are spared.

    Args:
        strength: of the noise, 0 or more.
        draws: of the noise, 1 or more; each sees all images.

    Raises:
        SettingError: one of them is not.
    """

    yields = frozenset({"noisy_accuracy"})

    def __init__(self, *, strength: float = 0.05, draws: int = 1) -> None:
        if strength < 0 or draws < 1:
            raise SettingError(f"strength is 0 or more and draws 1 or more; got {strength!r} and {draws!r}")
        self.strength, self.draws = strength, draws

    def measure(
        self, task: AbstractTask, network: nn.Module, model: Model, batches: Iterable[Batch], generator: torch.Generator
    ) -> dict[str, float]:
        """Return `noisy_accuracy` in [0, 1]."""
        batches = list(batches)
        weights = [p for p in network.parameters() if p.dim() > 1]
        clean = [weight.detach().clone() for weight in weights]
        found = []
        try:
            for _ in range(self.draws):
                for weight, before in zip(weights, clean, strict=True):
                    noise = torch.randn(before.shape, generator=generator).to(before)
                    weight.data.copy_(before + self.strength * before.abs().max() * noise)
                found.append(task.metrics(model, batches)["accuracy"])
        finally:
            for weight, before in zip(weights, clean, strict=True):
                weight.data.copy_(before)
        return {"noisy_accuracy": sum(found) / len(found)}
