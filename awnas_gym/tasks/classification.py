"""Classification of images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

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
        auxiliary_weight: of the loss of a second classifier, in what weights are trained by, if a network has one.

    Raises:
        SettingError: the first is not in [0, 1), or the second below 0.
    """

    yields = frozenset({"accuracy", "loss"})
    judged_by = "accuracy"

    def __init__(self, *, label_smoothing: float = 0.0, auxiliary_weight: float = 0.4) -> None:
        if not 0 <= label_smoothing < 1:
            raise SettingError(f"label_smoothing is a share from 0 up to 1; got {label_smoothing!r}")
        if auxiliary_weight < 0:
            raise SettingError(f"auxiliary_weight is 0 or more; got {auxiliary_weight!r}")
        self.label_smoothing, self.auxiliary_weight = label_smoothing, auxiliary_weight

    def loss(self, out: Tensor, labels: Tensor) -> Tensor:
        """Return the cross-entropy in nats of logits `[B, classes]`, the mean over the batch."""
        return functional.cross_entropy(out, labels, label_smoothing=self.label_smoothing)

    def training_loss(self, out: Any, labels: Tensor) -> Tensor:  # noqa: ANN401 - logits, or those of two classifiers
        """Return the cross-entropy, with that of a second classifier whose logits stand beside the first one's."""
        logits, *auxiliary = out if isinstance(out, tuple) else (out,)
        loss = self.loss(logits, labels)
        for other in auxiliary:
            loss = loss + self.auxiliary_weight * self.loss(other, labels)
        return loss

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
