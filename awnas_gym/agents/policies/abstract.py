"""What every policy is: a network that is asked for one decision after another."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awnas_gym.spaces import AbstractSpace, Archs

Steps = Generator[tuple[int, Tensor], Tensor, None]
"""Gives (decision, logits `[batch, choices]`) and is sent the choices, int64 `[batch]`."""

INITIAL = 0.1
"""Weights start uniform in [-INITIAL, INITIAL]."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Shaping:
    """Keeps logits small, so that nothing becomes certain: `constant * tanh(logits / temperature)`.

    Attributes:
        temperature: None for 1.
        tanh_constant: the largest logit; None leaves logits as they are.
        op_tanh_reduce: the largest logit of an operation is this many times smaller.
        force_uniform: make all logits 0.
    """

    temperature: float | None = None
    tanh_constant: float | None = None
    op_tanh_reduce: float = 1.0
    force_uniform: bool = False

    def __call__(self, logits: Tensor, *, reduce: float = 1.0) -> Tensor:
        """Return the shaped logits; `reduce` divides the constant."""
        if self.temperature is not None:
            logits = logits / self.temperature
        if self.tanh_constant is not None:
            logits = self.tanh_constant / reduce * torch.tanh(logits)
        return logits

    def operations(self, logits: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return the shaped logits of operations plus a bias that is not shaped."""
        shaped = self(logits, reduce=self.op_tanh_reduce)
        return shaped if bias is None else shaped + bias


class AbstractPolicy(nn.Module):
    """Draws architectures of a space. A subclass gives `order` and `walk`.

    Where the masks of the space forbid choices, their probability is 0; `order` is then that of the space, since a mask
    is known after all earlier decisions alone.

    Args:
        space: of the architectures.
        shaping: of the logits.

    Attributes:
        order: the decisions in the order in which they are made.
    """

    order: tuple[int, ...]

    def __init__(self, space: AbstractSpace, shaping: Shaping) -> None:
        super().__init__()
        self.space, self.shaping = space, shaping

    @abstractmethod
    def walk(self, batch: int) -> Steps:
        """Make the decisions of `batch` architectures one after another, in `order`."""

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights, on the CPU so that they do not depend on the device."""
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.empty(parameter.shape).uniform_(-INITIAL, INITIAL, generator=generator))

    # ---------------------------------------------------------------- what follows

    def forward(self, archs: Archs) -> tuple[Tensor, Tensor]:
        """Return log-probabilities and entropies (nats, without gradient) of each decision.

        Args:
            archs: int `[batch, decisions]`.

        Returns:
            Two tensors `[batch, decisions]`; entropies are of the distribution that the decision was drawn from.
        """
        return self._play(np.asarray(archs, dtype=np.int64))

    @final
    @torch.no_grad()
    def sample(self, rng: np.random.Generator, n: int) -> Archs:
        """Return `n` draws, int `[n, decisions]`; the numbers come from `rng` whatever the device."""
        archs = np.zeros((n, len(self.order)), dtype=np.int64)
        self._play(archs, rng.random(archs.shape))
        return archs.astype(self.space.dtype)

    @final
    @torch.no_grad()
    def probabilities(self, prefix: Sequence[int]) -> NDArray[np.float64]:
        """Return the odds of each choice of decision `len(prefix)` after the ones before it, float64 `[choices]`.

        Decisions that the policy makes earlier than it, but that come later in the space, are summed over.
        """
        decision = len(prefix)
        last = max(self.order.index(made) for made in range(decision + 1))
        relevant = list(self.order[: last + 1])
        is_open = [decision, *(other for other in relevant if other > decision)]
        choices = list(itertools.product(*(range(self.space.cardinalities[other]) for other in is_open)))
        archs = np.zeros((len(choices), len(self.order)), dtype=np.int64)
        archs[:, :decision] = prefix
        archs[:, is_open] = choices
        log_probs, _ = self._play(archs, until=last)
        joint = log_probs[:, relevant].double().sum(dim=1)
        odds = torch.softmax(joint, dim=0).reshape(self.space.cardinalities[decision], -1).sum(dim=1)
        return odds.cpu().numpy()

    def _play(
        self, archs: NDArray[np.int64], draws: NDArray[np.float64] | None = None, *, until: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """Go through the decisions in `archs`; with `draws` in [0, 1) they are made here and written into `archs`.

        Decisions after number `until` of `order` are left out: their log-probability and entropy are 0.
        """
        steps = self.walk(len(archs))
        decision, logits = next(steps)
        log_probs = [torch.zeros_like(logits[:, 0])] * len(self.order)
        entropies = list(log_probs)
        for decision_after in (*self.order[1 : None if until is None else until + 1], None):
            log_odds = torch.log_softmax(self._legal(archs, decision, logits), dim=1)
            if draws is not None:
                odds = log_odds.exp().double().cumsum(dim=1)
                drawn = odds / odds[:, -1:] > torch.as_tensor(draws[:, decision, None], device=odds.device)
                archs[:, decision] = drawn.int().argmax(dim=1).cpu().numpy()
            choices = torch.as_tensor(archs[:, decision], device=logits.device)
            log_probs[decision] = log_odds.gather(1, choices[:, None])[:, 0]
            entropies[decision] = torch.special.entr(log_odds.detach().exp()).sum(dim=1)
            if decision_after is not None:
                decision, logits = steps.send(choices)
        return torch.stack(log_probs, dim=1), torch.stack(entropies, dim=1)

    def _legal(self, archs: NDArray[np.int64], decision: int, logits: Tensor) -> Tensor:
        """Return the logits, at minus infinity where the space's masks forbid a choice."""
        if self.shaping.force_uniform:
            logits = 0 * logits
        if self.space.unconstrained:
            return logits
        masks = torch.as_tensor(self.space.masks(archs[:, :decision]), device=logits.device)
        return logits.masked_fill(~masks, -torch.inf)
