"""An evolution strategy on the logits of mixtures: it hears rewards alone."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awnas_gym.agents.relaxed.abstract import RelaxedAgent
from awnas_gym.checks import above_zero
from awnas_gym.seeding import generator


@final
class EvolutionStrategy(RelaxedAgent):
    """Logits are moved by noise, back and forth, and climb along it by the difference of the two rewards.

    That is OpenAI's evolution strategy [Salimans et al., 2017, arXiv 1703.03864] with one mirrored pair
    [Brockhoff et al., PPSN 2010] an update, so that an update takes two phases with a gradient, which it does not look
    at: what gradient methods are compared with. Where weights are trained, the logits are not moved.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        beta1: of Adam.
        weight_decay: of Adam.
        sigma: standard deviation of the noise on a logit.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 0.01,
        beta1: float = 0.9,
        weight_decay: float = 0.0,
        sigma: float = 0.5,
    ) -> None:
        super().__init__(env, seed=seed, learning_rate=learning_rate, beta1=beta1, weight_decay=weight_decay)
        self.sigma = above_zero("sigma", sigma)
        self._first: float | None = None  # reward of the first of a pair, while the second is played

    def _mixture(self, progress: float, rng: np.random.Generator, *, climbs: bool) -> Tensor:
        del progress, rng
        if not climbs:
            return self.probabilities()
        side = 1 if self._first is None else -1
        return torch.softmax(self.legal_logits() + side * self.sigma * self._noise(), dim=1)

    def _update(self, mixture: Tensor, gradient: NDArray[np.float64], reward: float, progress: float) -> None:
        del mixture, gradient, progress
        if self._first is None:
            self._first = reward
            return
        slope = (self._first - reward) / (2 * self.sigma) * self._noise()
        self._first = None
        self._step(-(slope * self.logits).sum())

    def _noise(self) -> Tensor:
        """Return the noise of this pair, `[edges, operations]`."""
        drawn = generator(self.seed, "noise", self.policy_updates).standard_normal(tuple(self.logits.shape))
        return torch.from_numpy(drawn).to(self.logits)

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "first": self._first}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._first = state["first"]
