"""Advantage actor-critic of Stable-Baselines3."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
from stable_baselines3 import A2C

from awnas_gym.agents.play import steps_per_evaluation
from awnas_gym.agents.sb3.abstract import SB3Agent
from awnas_gym.checks import check_real, check_whole


@final
class A2CAgent(SB3Agent):
    """Advantage actor-critic [Mnih et al., ICML 2016], Stable-Baselines3's.

    One step of the optimiser an update, 60 of them in 300 evaluations. Advantages are normalised, unlike in the
    library's default: differences of accuracy are small.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of RMSprop.
        evaluations_per_update: finished architectures a rollout.
        entropy: coefficient of the entropy bonus.
        hidden: width of the two hidden layers.
        device: of torch, `"cpu"` or `"cuda"`.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 1e-3,
        evaluations_per_update: int = 5,
        entropy: float = 0.01,
        hidden: int = 64,
        device: str = "cpu",
    ) -> None:
        super().__init__(env, seed=seed, learning_rate=learning_rate, hidden=hidden, device=device)
        self.evaluations_per_update = check_whole("evaluations_per_update", evaluations_per_update, low=2)
        self.entropy = check_real("entropy", entropy)
        self.rollout_steps = evaluations_per_update * steps_per_evaluation(env)
        self.model = self._make(A2C, n_steps=self.rollout_steps, ent_coef=self.entropy, normalize_advantage=True)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        own = {"evaluations_per_update": self.evaluations_per_update, "entropy": self.entropy}
        return {**super().settings, **own}
