"""DARTS [Liu et al., ICLR 2019]: the softmax of learned logits."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor

from awnas_gym.agents.checks import check_real
from awnas_gym.agents.relaxed.abstract import RelaxedAgent


@final
class DARTS(RelaxedAgent):
    """Weights of operations are the softmax of logits, which climb the gradient of the validation reward.

    The paper's second order is a keyword of the environment (`order=2`): the gradient is its.

    aw_nas has `temperature`, 1 in its example, and `entropy_weight=-0.01`.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        beta1: of Adam.
        weight_decay: of Adam.
        temperature: divides logits.
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
        entropy_weight: float = 0.0,
    ) -> None:
        super().__init__(
            env, seed=seed,
            learning_rate=learning_rate, beta1=beta1, weight_decay=weight_decay, entropy_weight=entropy_weight,
        )  # fmt: skip
        self.temperature = check_real("temperature", temperature, exclude_low=True)

    def _mixture(self, progress: float, rng: np.random.Generator, *, climbs: bool) -> Tensor:
        del progress, rng, climbs
        return torch.softmax(self.legal_logits() / self.temperature, dim=1)
