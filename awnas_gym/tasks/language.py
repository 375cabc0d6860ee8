"""Language modelling: the next token of a text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import final

from torch import Tensor
from torch.nn import functional

from awnas_gym.errors import SettingError
from awnas_gym.tasks.abstract import AbstractTask, Batch, Model

MOST_NATS = 700.0
"""A token: exp of more is no number."""

Out = tuple[Tensor, Tensor]
"""What a recurrent network gives: logits `[B, T, tokens]` and states `[B, T, hidden]`."""


@final
class Language(AbstractTask):
    """The next token at each place: cross-entropy in nats a token, and perplexity, its exponential.

    Batches are windows of texts that go on from batch to batch; so does the state of the network, without a gradient.

    Args:
        slowness: weight, in what weights are trained by, of the mean square of what the state changes by from token to
            token [Merity, McCann & Socher 2017].
        length: tokens of a window for which the learning rate is meant; a window of half the length gets half the rate,
            as in the authors' code of DARTS. None for any.

    Raises:
        SettingError: a value out of its range.
    """

    yields = frozenset({"perplexity", "loss", "accuracy"})
    judged_by = "perplexity"

    def __init__(self, *, slowness: float = 0.0, length: int | None = None) -> None:
        if slowness < 0 or (length is not None and length < 1):
            raise SettingError(f"slowness is 0 or more and length 1 or more; got {slowness!r} and {length!r}")
        self.slowness, self.length = slowness, length

    def loss(self, out: Out, labels: Tensor) -> Tensor:
        """Return the cross-entropy in nats, the mean over all tokens `[B, T]`."""
        return functional.cross_entropy(out[0].flatten(0, 1), labels.flatten())

    def training_loss(self, out: Out, labels: Tensor) -> Tensor:
        """Return the cross-entropy and the penalty for states that change."""
        loss, states = self.loss(out, labels), out[1]
        if self.slowness and states.shape[1] > 1:
            loss = loss + self.slowness * (states[:, 1:] - states[:, :-1]).square().mean()
        return loss

    def memory(self, out: Out) -> Tensor:
        """Return the last state, `[B, hidden]`, without its gradient."""
        return out[1][:, -1].detach()

    def pace(self, labels: Tensor) -> float:
        """Return the length of the windows by that for which the learning rate is meant."""
        return 1.0 if self.length is None else labels.shape[1] / self.length

    def metrics(self, model: Model, batches: Iterable[Batch]) -> dict[str, float]:
        """Return `perplexity`, `loss` in nats a token and `accuracy`, the share of tokens that were most expected.

        Args:
            model: begins with no memory, and gets that of each batch with the next one.
            batches: windows of texts, one after the other.
        """
        tokens = correct = 0
        nats = 0.0
        memory: list[Tensor] = []
        for some, following in batches:
            out = model(some, *memory)
            memory = [self.memory(out)]
            nats += float(functional.cross_entropy(out[0].flatten(0, 1), following.flatten(), reduction="sum"))
            correct += int((out[0].argmax(dim=-1) == following).sum())
            tokens += following.numel()
        if not tokens:
            raise SettingError("a score is over one token at least; the batches hold none")
        return {
            "perplexity": math.exp(min(nats / tokens, MOST_NATS)),
            "loss": nats / tokens,
            "accuracy": correct / tokens,
        }
