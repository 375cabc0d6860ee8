"""Classification of images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from torch import Tensor
from torch.nn import functional

from awnas_gym.errors import SettingError
from awnas_gym.tasks.abstract import AbstractTask, Batch, Model


@final
class Classification(AbstractTask):
    """One label an image: cross-entropy, and the share of images whose largest logit is their label's.

    Args:
        label_smoothing: share of the target that is spread over all classes [Szegedy et al., CVPR 2016]; it changes
            what is trained, not the scores.

    Raises:
        SettingError: it is not in [0, 1).
    """

    yields = frozenset({"accuracy", "loss"})

    def __init__(self, *, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing < 1:
            raise SettingError(f"label_smoothing is a share from 0 up to 1; got {label_smoothing!r}")
        self.label_smoothing = label_smoothing

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the cross-entropy in nats, the mean over the batch."""
        return functional.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)

    def metrics(self, model: Model, batches: Iterable[Batch]) -> dict[str, float]:
        """Return `accuracy` in [0, 1] and `loss` in nats, over all images."""
        images = correct = 0
        nats = 0.0
        for some, labels in batches:
            logits = model(some)
            nats += float(functional.cross_entropy(logits, labels, reduction="sum"))
            correct += int((logits.argmax(dim=1) == labels).sum())
            images += len(labels)
        if not images:
            raise SettingError("a score is over one image at least; the batches hold none")
        return {"accuracy": correct / images, "loss": nats / images}
