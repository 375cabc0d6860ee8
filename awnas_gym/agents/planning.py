"""What agents share whose model takes long to learn: a plan of several architectures before it learns again."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.model_based import TRIES, ModelBasedAgent
from awnas_gym.checks import check_whole
from awnas_gym.config import keywords
from awnas_gym.seeding import derive_seed
from awnas_gym.spaces import Archs


class PlanningAgent(ModelBasedAgent):
    """Asks for what its model ranks highest, `refit` at a time.

    The model learns anew from all rewards for each plan of `refit` architectures; equal rewards of a seed make the same
    model, so none has to be saved.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        initial: random architectures whose rewards are heard first.
        refit: architectures of a plan; after as many rewards what is left of it is forgotten.
        batch: see `AskTellAgent`; more than `refit` at a time takes several plans of the same model.
    """

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None, initial: int, refit: int, batch: int) -> None:
        super().__init__(env, seed=seed, initial=initial, batch=batch)
        self.refit = check_whole("refit", refit, low=1)
        self._plan = self._none
        self._planned_on = 0  # rewards that were known for the plan
        self._learned_on = 0  # and for the model

    @final
    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {name: getattr(self, name) for name in keywords(type(self)) if name != "seed"}

    @abstractmethod
    def _learn(self, archs: Archs, rewards: NDArray[np.float64], seed: int) -> None:
        """Fit the model to all rewards, float64 `[n]`, of architectures, int `[n, decisions]`; forget the last one."""

    @abstractmethod
    def _ranked(self, archs: Archs, rewards: NDArray[np.float64]) -> Archs:
        """Return architectures to try, int `[any number, decisions]`, the most promising first, also known ones.

        Args:
            archs: that the model has learned from, int `[n, decisions]`.
            rewards: theirs, float64 `[n]`.
        """

    @final
    def sample(self, n: int, *, seed: int) -> Archs:
        """Return `n` architectures that the agent would ask for next, int `[n, decisions]`; learn nothing."""
        before = self._plan, self._planned_on
        try:
            return super().sample(n, seed=seed)
        finally:
            self._plan, self._planned_on = before

    @final
    def _suggest(self, n: int) -> Archs:
        over = len(self._rewards) - self._planned_on >= self.refit
        self._plan = self._none if over else self._new(self._plan)
        while len(self._plan) < n:
            longer = self._longer_plan()
            if len(longer) == len(self._plan):
                break
            self._plan = longer
        return self._plan

    @final
    def _longer_plan(self) -> Archs:
        """Return the plan and `refit` more, where so many are new; random ones where too few are ranked."""
        self._planned_on = known = len(self._rewards)
        if self._learned_on != known:
            self._learn(self._archs, self._rewards, derive_seed(self.seed, "model", known))
            self._learned_on = known
        ranked = self._ranked(self._archs, self._rewards)
        rows = np.concatenate([self._plan, ranked, self._draw(TRIES * self.refit)])
        return self._new(rows, len(self._plan) + self.refit)

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "plan": self._plan.tolist(), "planned_on": self._planned_on}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._plan = np.array(state["plan"], dtype=self.space.dtype).reshape(-1, len(self.space.cardinalities))
        self._planned_on = state["planned_on"]
