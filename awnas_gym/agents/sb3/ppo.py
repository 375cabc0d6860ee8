"""PPO of Stable-Baselines3, and sb3-contrib's with masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, final

import gymnasium as gym
import numpy as np
from numpy.typing import ArrayLike, NDArray
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO

from awnas_gym.agents.play import steps_per_evaluation
from awnas_gym.agents.sb3.abstract import SB3Agent
from awnas_gym.checks import check_real, check_whole
from awnas_gym.spaces.edits import edit_masks


class PPOAgent(SB3Agent):
    """Proximal policy optimisation [Schulman et al. 2017], Stable-Baselines3's.

    The library's defaults make one update in 2,048 steps: none in a search of 300 evaluations. Here an update
    comes every `evaluations_per_update`, 30 of them in 300, and each passes over all of its steps at once.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        evaluations_per_update: finished architectures a rollout.
        epochs: passes over a rollout.
        entropy: coefficient of the entropy bonus.
        hidden: width of the two hidden layers.
        device: of torch, `"cpu"` or `"cuda"`.
    """

    algorithm: ClassVar[Callable[..., Any]] = PPO

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 3e-3,
        evaluations_per_update: int = 10,
        epochs: int = 10,
        entropy: float = 0.01,
        hidden: int = 64,
        device: str = "cpu",
    ) -> None:
        super().__init__(env, seed=seed, learning_rate=learning_rate, hidden=hidden, device=device)
        # Advantages are normalised within a rollout, which takes two of them.
        self.evaluations_per_update = check_whole("evaluations_per_update", evaluations_per_update, low=2)
        self.epochs = check_whole("epochs", epochs, low=1)
        self.entropy = check_real("entropy", entropy)
        self.rollout_steps = evaluations_per_update * steps_per_evaluation(env)
        self.model = self._make(
            self.algorithm,
            n_steps=self.rollout_steps,
            batch_size=self.rollout_steps,
            n_epochs=self.epochs,
            ent_coef=self.entropy,
        )

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        own = {"evaluations_per_update": self.evaluations_per_update, "epochs": self.epochs, "entropy": self.entropy}
        return {**super().settings, **own}

    @property
    def policy_updates(self) -> int:
        """Rollouts learned from; the library counts each `epochs` times."""
        return self._updates_before + int(self.model._n_updates) // self.epochs  # noqa: SLF001 - see SB3Agent


@final
class MaskablePPOAgent(PPOAgent):
    """PPO that never draws an illegal action [Huang & Ontañón, FLAIRS 2022], sb3-contrib's; else as `PPOAgent`.

    In the joint kind a mask is a necessary condition alone: what is illegal after the earlier decisions of the
    same action is repaired by the environment.
    """

    algorithm = MaskablePPO

    def predict(
        self,
        observation: Any,  # noqa: ANN401 - an array or a dictionary
        state: Any = None,  # noqa: ANN401 - handed through
        episode_start: ArrayLike | None = None,
        deterministic: bool = False,  # noqa: FBT001, FBT002 - Stable-Baselines3's signature
    ) -> tuple[NDArray[Any], Any]:
        """Return the policy's next action among the legal ones, which the observation tells, and `state` as it came."""
        rows, batched = self._decisions(observation)
        if self.kind == "edit":
            masks = edit_masks(self.space, rows)
        else:
            prefixes = [np.array([prefix], dtype=np.int64) for prefix in self._prefixes(observation)[0]]
            masks = np.concatenate([self._masks(prefix) for prefix in prefixes]).astype(np.bool_)
        action, _ = self.model.predict(
            observation, deterministic=deterministic, action_masks=masks if batched else masks[0]
        )
        return action, state
