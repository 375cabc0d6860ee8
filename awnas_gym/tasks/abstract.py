"""What every task and every measure is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

Model = Callable[[Tensor], Tensor]
"""Maps images `[B, C, H, W]` to logits `[B, classes]`."""

Batch = tuple[Tensor, Tensor]
"""Images float32 `[B, C, H, W]` and labels int64 `[B]`, on the same device."""


class AbstractTask(ABC):
    """What a network is trained for.

    Scores are means over images: processes that share a split out average theirs, weighted by their images.

    Attributes:
        yields: names of the scores of `metrics`, without their split.
    """

    yields: frozenset[str]

    @abstractmethod
    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return what is minimised, the mean over the batch, a scalar."""

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
        """Return the scores over all images of the batches; the network is left as it was.

        Args:
            task: that is solved.
            network: whose parameters may be looked at, and changed for the while.
            model: how the network is called on images.
            batches: may be gone through several times.
            generator: is consumed.
        """
