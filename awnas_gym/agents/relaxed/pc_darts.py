"""PC-DARTS [Xu et al., ICLR 2020]: DARTS with weights of edges, over cells of which some channels are searched."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor

from awnas_gym.agents.relaxed.abstract import RelaxedAgent


@final
class PCDARTS(RelaxedAgent):
    """Weights are the softmax of an edge's logits, times the softmax of a node's edges (section 3.3 of the paper).

    The partial channels of the paper belong to the network: make the environment with `partial=4`. The weights of edges
    are over the edges that end in one node (`space.edge_groups`).

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        beta1: of Adam.
        weight_decay: of Adam.
        warmup: see `RelaxedAgent`; the paper's 15 of 50 epochs. An environment with as many `warmup_steps` saves their
            gradients.
        entropy_weight: see `RelaxedAgent`; the entropy is that of operations.

    Attributes:
        edge_logits: float32 `[edges]`.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 6e-4,
        beta1: float = 0.5,
        weight_decay: float = 1e-3,
        warmup: float = 0.3,
        entropy_weight: float = 0.0,
    ) -> None:
        super().__init__(
            env, seed=seed,
            learning_rate=learning_rate, beta1=beta1, weight_decay=weight_decay, warmup=warmup,
            entropy_weight=entropy_weight,
        )  # fmt: skip

    def _parameters(self) -> list[Tensor]:
        self.edge_logits = self._drawn("edge weights", len(self.relaxable.edge_names))
        return [self.logits, self.edge_logits]

    def edge_weights(self) -> Tensor:
        """Return the weight of each edge, `[edges]`: they sum to 1 over the edges that end in one node."""
        weights = torch.ones_like(self.edge_logits)
        for group in self.relaxable.edge_groups:
            rows = list(group)
            weights[rows] = torch.softmax(self.edge_logits[rows], dim=0)
        return weights

    def _mixture(self, progress: float, rng: np.random.Generator, *, climbs: bool) -> Tensor:
        del progress, rng, climbs
        return self._strengths()

    def _strengths(self) -> Tensor:
        return self.edge_weights()[:, None] * self.probabilities()
