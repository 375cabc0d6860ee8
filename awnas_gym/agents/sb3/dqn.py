"""Deep Q-learning of Stable-Baselines3."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
from stable_baselines3 import DQN

from awnas_gym.agents.play import steps_per_evaluation
from awnas_gym.agents.sb3.abstract import SB3Agent
from awnas_gym.checks import check_real, check_whole
from awnas_gym.errors import SettingError


@final
class DQNAgent(SB3Agent):
    """Deep Q-learning [Mnih et al., Nature 2015], Stable-Baselines3's; not for `action_mode="joint"`.

    Schedules fit a search of hundreds of evaluations: one step of the optimiser a step of the environment after
    `warmup` random architectures, exploration that falls over the first half.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        warmup: architectures before learning starts.
        target_update: steps of the environment between copies of the network to the target network.
        exploration_fraction: of a call of `learn`, over which the odds of a random action fall from 1.
        final_exploration: odds of a random action afterwards.
        hidden: width of the two hidden layers.
        device: of torch, `"cpu"` or `"cuda"`.
    """

    rollout_steps = 1

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 1e-3,
        warmup: int = 20,
        target_update: int = 60,
        exploration_fraction: float = 0.5,
        final_exploration: float = 0.05,
        hidden: int = 64,
        device: str = "cpu",
    ) -> None:
        super().__init__(env, seed=seed, learning_rate=learning_rate, hidden=hidden, device=device)
        if self.kind == "joint":
            raise SettingError(
                "DQN takes one Discrete action a step; make the environment with action_mode='build' or 'edit'"
            )
        self.warmup = check_whole("warmup", warmup, low=1)
        self.target_update = check_whole("target_update", target_update, low=1)
        self.exploration_fraction = check_real("exploration_fraction", exploration_fraction, high=1.0, exclude_low=True)
        self.final_exploration = check_real("final_exploration", final_exploration, high=1.0)
        self.model = self._make(
            DQN,
            buffer_size=50_000,  # every step of a long search; the library's million would take memory for nothing
            learning_starts=warmup * steps_per_evaluation(env),
            train_freq=self.rollout_steps,
            gradient_steps=1,
            batch_size=64,
            target_update_interval=target_update,
            exploration_fraction=self.exploration_fraction,
            exploration_final_eps=self.final_exploration,
        )

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {
            **super().settings,
            "warmup": self.warmup,
            "target_update": self.target_update,
            "exploration_fraction": self.exploration_fraction,
            "final_exploration": self.final_exploration,
        }
