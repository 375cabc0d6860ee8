"""Successive halving, the same bracket again and again."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym

from awnas_gym.agents.halving import HalvingAgent


@final
class SuccessiveHalving(HalvingAgent):
    """Random architectures at a low fidelity, of which ever fewer go on [Jamieson & Talwalkar, AISTATS 2016].

    It is the bracket of Hyperband with the most rungs, again and again.

    Args:
        env: see `MultiFidelityAgent`.
        seed: see `AbstractAgent`.
        eta: see `HalvingAgent`; 3, as in Hyperband's paper.
        batch: see `AskTellAgent`.
    """

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None = None, eta: int = 3, batch: int = 1) -> None:
        super().__init__(env, seed=seed, eta=eta, batch=batch)
        self.brackets = self.brackets[:1]
