"""Agent `climber`: mutate the best of this climb; start anew where that has failed too often."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents import AskTellAgent
from awnas_gym.errors import SettingError
from awnas_gym.spaces import Archs
from awnas_gym.tables import Row

ROWS = {"agent": {"climber": Row(f"{__name__}:Climber", "hill climbing by mutations, with restarts")}}


class Climber(AskTellAgent):
    """Hill climbing: a mutation that is no worse is the next to be mutated.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        patience: worse mutations in a row before the next climb starts from a random architecture.
    """

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None = None, patience: int = 20) -> None:
        super().__init__(env, seed=seed)
        if not isinstance(patience, int) or patience < 1:
            raise SettingError(f"patience is a whole number from 1; got {patience!r}")
        self.patience = patience
        self._top: tuple[Archs, float] | None = None
        self._failures = 0

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"patience": self.patience}

    def ask(self, n: int = 1) -> Archs:
        """Return `n` mutations of the top, random architectures at the start of a climb."""
        if self._top is None:
            return self.space.sample(self._rng, n)
        return np.stack([self.space.mutate(self._top[0], self._rng) for _ in range(n)])

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        for arch, reward in zip(archs, rewards.tolist(), strict=True):
            if self._top is None or reward >= self._top[1]:
                self._top, self._failures = (arch.copy(), reward), 0
            else:
                self._failures += 1
            if self._failures >= self.patience:
                self._top, self._failures = None, 0

    def _state(self) -> dict[str, Any]:
        top = None if self._top is None else [self._top[0].tolist(), self._top[1]]
        return {**super()._state(), "top": top, "failures": self._failures}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        top = state["top"]
        self._top = None if top is None else (self.space.check(top[0])[0], top[1])
        self._failures = state["failures"]
