"""SNAS [Xie et al., ICLR 2019]: draws of a concrete distribution whose temperature falls."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from torch import Tensor

from awnas_gym.agents.relaxed.abstract import RelaxedAgent
from awnas_gym.agents.relaxed.relaxations import concrete, linear
from awnas_gym.checks import above_zero


@final
class SNAS(RelaxedAgent):
    """Weights of operations are drawn anew in each phase, `softmax((logits + g) / temperature)`, g Gumbel noise.

    The paper trains logits and network by one loss on one batch: make the environment with `joint=True`. Its authors'
    code lets the temperature fall from 1 to 0.03, linearly over 150 epochs; the paper gives no numbers.

    aw_nas has the two phases of DARTS, a constant temperature (`final_temperature=1`) and `entropy_weight=-0.01`.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        beta1: of Adam.
        weight_decay: of Adam.
        temperature: at the beginning.
        final_temperature: at the end.
        entropy_weight: see `RelaxedAgent`.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 3e-4,
        beta1: float = 0.5,
        weight_decay: float = 1e-3,
        temperature: float = 1.0,
        final_temperature: float = 0.03,
        entropy_weight: float = 0.0,
    ) -> None:
        super().__init__(
            env, seed=seed,
            learning_rate=learning_rate, beta1=beta1, weight_decay=weight_decay, entropy_weight=entropy_weight,
        )  # fmt: skip
        self.temperature = above_zero("temperature", temperature)
        self.final_temperature = above_zero("final_temperature", final_temperature)

    def _mixture(self, progress: float, rng: np.random.Generator, *, climbs: bool) -> Tensor:
        del climbs
        return concrete(self.legal_logits(), linear(progress, self.temperature, self.final_temperature), rng)
