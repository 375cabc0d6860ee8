"""DrNAS [Chen et al., ICLR 2021]: weights of operations are drawn from a learned Dirichlet distribution."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor
from torch.distributions import Gamma

from awnas_gym.agents.relaxed.abstract import RelaxedAgent
from awnas_gym.checks import check_real


@final
class DrNAS(RelaxedAgent):
    """Weights are drawn anew in each phase from `Dirichlet(elu(logits) + 1)`; gradients are pathwise.

    The paper keeps concentrations near 1, where the distribution is uniform. By default that is the decay of the
    logits, which are 0 there, as in the authors' code; `kl_weight` takes the Kullback-Leibler divergence from the
    uniform distribution instead. The architecture is that of the largest logits, as in their code.

    The paper's progressive scheme, which widens partial channels and drops operations half-way, is not here.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam; the authors have 6e-4 for DARTS cells and partial channels, 3e-4 for NAS-Bench-201.
        beta1: of Adam.
        weight_decay: of Adam.
        kl_weight: of the divergence, summed over edges, in the loss. The authors then have no `weight_decay`.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 3e-4,
        beta1: float = 0.5,
        weight_decay: float = 1e-3,
        kl_weight: float = 0.0,
    ) -> None:
        super().__init__(env, seed=seed, learning_rate=learning_rate, beta1=beta1, weight_decay=weight_decay)
        self.kl_weight = check_real("kl_weight", kl_weight)

    def concentration(self) -> Tensor:
        """Return the parameters of the distributions, above 0, `[edges, operations]`; 1 where one is not legal."""
        grown = torch.where(self.logits > 0, self.logits + 1, torch.exp(self.logits.clamp(max=0)))  # never rounded to 0
        return grown.masked_fill(~self._legal, 1.0)

    def divergence(self) -> Tensor:
        """Return the Kullback-Leibler divergence of each edge's distribution from the uniform one, `[edges]`."""
        concentration = self.concentration()
        total = (concentration * self._legal).sum(dim=1)
        excess = (concentration - 1) * (torch.digamma(concentration) - torch.digamma(total)[:, None])
        volume = torch.lgamma(total) - torch.lgamma(self._legal.sum(dim=1).to(total))
        return volume + (excess - torch.lgamma(concentration)).sum(dim=1)

    def _mixture(self, progress: float, rng: np.random.Generator, *, climbs: bool) -> Tensor:
        del progress, climbs
        concentration = self.concentration()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(int(rng.integers(2**63)))
            parts = Gamma(concentration, torch.ones_like(concentration)).rsample() * self._legal
        return parts / parts.sum(dim=1, keepdim=True)

    def _penalty(self, progress: float) -> Tensor | None:
        del progress
        return self.kl_weight * self.divergence().sum() if self.kl_weight else None
