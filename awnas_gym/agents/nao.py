"""NAO: architectures are improved by steps in the space of an encoder's states."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.planning import PlanningAgent
from awnas_gym.checks import above_zero, check_real, check_whole
from awnas_gym.predictors.nao import NAO
from awnas_gym.spaces import Archs
from awnas_gym.training.threads import torch_threads

DISTANCES = (0.4, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 4.0)
"""Of steps, tried one after another until there are enough new architectures; states have length 1."""


@final
class NAOAgent(PlanningAgent):
    """Neural architecture optimisation [Luo et al., NeurIPS 2018].

    For each plan the model (`predictors.nao.NAO`) learns from all rewards; the states of the best architectures make a
    step along the slope of the predicted reward, and what the decoder makes of them is tried, the highest predicted
    first; the step grows until there are enough new ones.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        initial: see `PlanningAgent`.
        refit: see `PlanningAgent`.
        parents: best architectures that make the steps; 50, as the 100 of the authors' script (`seed_arch`) are a third
            of 300 evaluations.
        weight: of the prediction's loss against the reconstruction's; 0.8, as there (`controller_trade_off`).
        hidden: width of the model.
        epochs: passes over all rewards.
        learning_rate: of Adam.
        batch: see `AskTellAgent`.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        initial: int = 20,
        refit: int = 10,
        parents: int = 50,
        weight: float = 0.8,
        hidden: int = 64,
        epochs: int = 150,
        learning_rate: float = 3e-3,
        batch: int = 1,
    ) -> None:
        super().__init__(env, seed=seed, initial=initial, refit=refit, batch=batch)
        self.parents = check_whole("parents", parents, low=1)
        self.weight = check_real("weight", weight, high=1.0)
        self.hidden = check_whole("hidden", hidden, low=1)
        self.epochs = check_whole("epochs", epochs, low=1)
        self.learning_rate = above_zero("learning_rate", learning_rate)
        names = ("weight", "hidden", "epochs", "learning_rate")
        self._model = NAO(self.space, **{name: getattr(self, name) for name in names})

    def _learn(self, archs: Archs, rewards: NDArray[np.float64], seed: int) -> None:
        self._model.seed = seed
        with torch_threads(1):
            self._model.fit(archs, rewards)

    def _ranked(self, archs: Archs, rewards: NDArray[np.float64]) -> Archs:
        del archs, rewards
        parents, found = self._best(self.parents), self.space.sample(self._rng, 0)
        with torch_threads(1):
            for distance in DISTANCES:
                found = self._new(np.concatenate([found, self._model.improve(parents, distance)]))
                if len(found) >= self.refit:
                    break
            return found[np.argsort(-self._model.predict(found), kind="stable")]
