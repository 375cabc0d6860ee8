"""What every task and every measure is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

Model = Callable[..., Any]
"""Maps images `[B, C, H, W]` to logits `[B, classes]`; or tokens `[B, T]`, and what is remembered of those before, to
logits `[B, T, tokens]` and the states of the network `[B, T, hidden]`."""

Batch = tuple[Tensor, Tensor]
"""Images float32 `[B, C, H, W]` and labels int64 `[B]`, or tokens and those that follow them, int64 `[B, T]` each; on
the same device."""


class AbstractTask(ABC):
    """What a network is trained for.

    Scores are means over images: processes that share a split out average theirs, weighted by their images.

    Attributes:
        yields: names of the scores of `metrics`, without their split.
        judged_by: that of them by which networks are compared.
    """

    yields: frozenset[str]
    judged_by: str

    @abstractmethod
    def loss(self, out: Any, labels: Tensor) -> Tensor:  # noqa: ANN401 - what a network gives
        """Return how far what a network gives is from the labels, the mean over the batch, a scalar."""

    def training_loss(self, out: Any, labels: Tensor) -> Tensor:  # noqa: ANN401 - what a network gives
        """Return what weights are trained by: the loss, and what a task may add to it."""
        return self.loss(out, labels)

    def memory(self, out: Any) -> Tensor | None:  # noqa: ANN401 - what a network gives
        """Return what a network is given along with the next batch of the same text, `[B, …]`; None of images."""
        del out
        return None

    def pace(self, labels: Tensor) -> float:
        """Return by how much the learning rate is larger for this batch: 1, unless batches are of different lengths."""
        del labels
        return 1.0

    @abstractmethod
    def metrics(self, model: Model, batches: Iterable[Batch]) -> dict[str, float]:
        """Return each score's mean over all images of the batches; the caller decides about gradients and batch norm.

        What is no mean of a number per image (a perplexity, a mean average precision) would come out wrong where
        several processes score: let the score be the mean, and take the rest of that.
        """


class AbstractMeasure(ABC):
    """Scores by forward passes of its own; means over images, as those of a task.

    Attributes:
        yields: names of its scores, without their split.
    """

    yields: frozenset[str]

    @abstractmethod
    def measure(
        self, task: AbstractTask, network: nn.Module, model: Model, batches: Iterable[Batch], generator: torch.Generator
    ) -> dict[str, float]:
        """Return the scores over all of the batches; the network is left as it was.

        Args:
            task: that is solved.
            network: whose parameters may be looked at, and changed for the while.
            model: how the network is called, see `Model`.
            batches: may be gone through several times.
            generator: is consumed.
        """
