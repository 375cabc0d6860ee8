"""What evolution by several objectives shares: children that nobody has asked for yet."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.spaces import Archs

TRIES = 30
"""Mutations that are tried until a child is new."""


class VectorAgent(AskTellAgent):
    """Evolution that hears vectors; what was evaluated is not asked for again, as far as that can be.

    Args:
        env: whose rewards are vectors; see `AbstractAgent`.
        seed: see `AbstractAgent`.
    """

    hears = ("vector",)

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None = None) -> None:
        super().__init__(env, seed=seed)
        self._seen: set[bytes] = set()

    @abstractmethod
    def _child(self) -> Archs:
        """Return a proposal, int `[decisions]`, new or not."""

    def ask(self, n: int = 1) -> Archs:
        """Return `n` proposals, int `[n, decisions]`."""
        return self._new(self._child, n)

    @final
    def _new(self, draw: Callable[[], Archs], n: int) -> Archs:
        """Return `n` draws, int `[n, decisions]`; one that was evaluated is mutated until it is new, or tries end."""
        found: list[Archs] = []
        taken = set[bytes]()
        for _ in range(n):
            row = draw()
            for _ in range(TRIES):
                if row.tobytes() not in self._seen and row.tobytes() not in taken:
                    break
                row = self.space.mutate(row, self._rng)
            taken.add(row.tobytes())
            found.append(row)
        return np.stack(found)

    @final
    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        self._seen.update(row.tobytes() for row in archs)
        self._learn(archs, rewards)

    @abstractmethod
    def _learn(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        """Learn rewards, float64 `[n, objectives]`."""

    def _state(self) -> dict[str, Any]:
        seen = [np.frombuffer(row, dtype=self.space.dtype).tolist() for row in sorted(self._seen)]
        return {**super()._state(), "seen": seen}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._seen = {np.array(row, dtype=self.space.dtype).tobytes() for row in state["seen"]}
