"""FBNet [Wu et al., CVPR 2019]: Gumbel-softmax with a temperature that falls by the epoch."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from torch import Tensor

from awnas_gym.agents.relaxed.abstract import RelaxedAgent
from awnas_gym.agents.relaxed.relaxations import concrete
from awnas_gym.checks import above_zero, check_real


@final
class FBNet(RelaxedAgent):
    """Weights are drawn anew in each phase, `softmax((logits + g) / temperature)`, g Gumbel noise.

    In the warm-up all weights are equal and the network alone is trained; an environment with as many `warmup_steps`
    (`max_steps / 9`) saves the gradients. Then the temperature falls by `decay` an epoch, of which the whole search is
    `epochs`. The paper's objective is the environment's `loss_times_log_cost`; what aw_nas computes under its name is
    `loss_plus_cost`.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        beta1: of Adam.
        weight_decay: of Adam.
        temperature: after the warm-up.
        decay: of the temperature, an epoch.
        epochs: of the search, for `decay`.
        warmup: see `RelaxedAgent`; the paper's 10 of 90 epochs.
        entropy_weight: see `RelaxedAgent`.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 0.01,
        beta1: float = 0.9,
        weight_decay: float = 5e-4,
        temperature: float = 5.0,
        decay: float = 0.956,
        epochs: float = 90.0,
        warmup: float = 1 / 9,
        entropy_weight: float = 0.0,
    ) -> None:
        super().__init__(
            env, seed=seed,
            learning_rate=learning_rate, beta1=beta1, weight_decay=weight_decay, warmup=warmup,
            entropy_weight=entropy_weight,
        )  # fmt: skip
        self.temperature = above_zero("temperature", temperature)
        self.decay = check_real("decay", decay, high=1.0, exclude_low=True)
        self.epochs = above_zero("epochs", epochs)

    def _mixture(self, progress: float, rng: np.random.Generator, *, climbs: bool) -> Tensor:
        del climbs
        if progress < self.warmup:
            return self._legal / self._legal.sum(dim=1, keepdim=True)
        temperature = self.temperature * self.decay ** (self.epochs * (progress - self.warmup))
        return concrete(self.legal_logits(), temperature, rng)
