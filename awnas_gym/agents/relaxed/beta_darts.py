"""beta-DARTS [Ye et al., CVPR 2022]: DARTS with logits that are kept from growing, more and more."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor

from awnas_gym.agents.relaxed.abstract import RelaxedAgent
from awnas_gym.checks import check_real


@final
class BetaDARTS(RelaxedAgent):
    """DARTS, with the mean over the edges of `logsumexp(logits)` added to the loss.

    Its weight rises linearly from 0: to 50 over the authors' 100 epochs.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        beta1: of Adam.
        weight_decay: of Adam.
        final_weight: of the added term, at the end of the search.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 3e-4,
        beta1: float = 0.5,
        weight_decay: float = 1e-3,
        final_weight: float = 50.0,
    ) -> None:
        super().__init__(env, seed=seed, learning_rate=learning_rate, beta1=beta1, weight_decay=weight_decay)
        self.final_weight = check_real("final_weight", final_weight)

    def _mixture(self, progress: float, rng: np.random.Generator, *, climbs: bool) -> Tensor:
        del progress, rng, climbs
        return self.probabilities()

    def _penalty(self, progress: float) -> Tensor:
        return self.final_weight * progress * torch.logsumexp(self.legal_logits(), dim=1).mean()
