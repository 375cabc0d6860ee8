"""What agents share that learn a model of the rewards: what was evaluated, and nothing twice."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.agents.individuals import best_different
from awnas_gym.checks import check_whole
from awnas_gym.spaces import Archs

TRIES = 20
"""Draws for each architecture that is wanted, until what is known counts as all there is."""


class ModelBasedAgent(AskTellAgent):
    """Asks for random architectures at first, then for what a model suggests; for no class of architectures twice.

    What was asked for counts as evaluated, so asking again gives further candidates. Where nothing new is found any
    more the space is taken to be exhausted, and random architectures are asked for again.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        initial: random architectures before the model is used.
        batch: see `AskTellAgent`.
    """

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None = None, initial: int, batch: int = 1) -> None:
        super().__init__(env, seed=seed)
        self.initial = check_whole("initial", initial, low=1)
        self.batch = check_whole("batch", batch, low=1)
        self._archs = self._none
        self._rewards = np.zeros(0)
        self._asked = self._none  # and not heard of yet
        self._seen: set[bytes] = set()

    @abstractmethod
    def _suggest(self, n: int) -> Archs:
        """Return architectures for the next `n` evaluations, int `[any, decisions]`, the most promising first.

        Those of known classes are left out, and what is then missing is drawn at random.
        """

    @final
    def ask(self, n: int = 1) -> Archs:
        """Return `n` architectures, int `[n, decisions]`, of classes that were not asked for before."""
        rows = self._unseen(self._suggest(n), n) if len(self._rewards) >= self.initial else self._none
        for _ in range(TRIES):
            if len(rows) < n:
                rows = np.concatenate([rows, self._unseen(self._draw(n), n - len(rows))])
        self._asked = np.concatenate([self._asked, rows])
        return np.concatenate([rows, self._draw(n - len(rows))])

    @final
    def propose(self, n: int, *, seed: int) -> Archs:
        """Return the best that were heard and differ, at most `n`, int `[up to n, decisions]`."""
        return best_different(self.space, list(zip(self._archs, self._rewards.tolist(), strict=True)), n)

    def sample(self, n: int, *, seed: int) -> Archs:
        """Return `n` architectures that the agent would ask for next, int `[n, decisions]`; learn nothing."""
        before = self._asked, set(self._seen)
        try:
            return super().sample(n, seed=seed)
        finally:
            self._asked, self._seen = before

    @property
    def _none(self) -> Archs:
        return np.zeros((0, len(self.space.cardinalities)), dtype=self.space.dtype)

    @final
    def _draw(self, n: int) -> Archs:
        return self.space.sample(self._rng, n)

    @final
    def _new(self, rows: Archs, most: int | None = None) -> Archs:
        """Return the first `most` rows of classes that were not asked for, or all of them; each class once."""
        first: dict[bytes, int] = {}
        for i, key in enumerate(self._keys(rows)):
            if key not in self._seen:
                first.setdefault(key, i)
        return rows[list(first.values())[:most]]

    @final
    def _unseen(self, rows: Archs, most: int) -> Archs:
        """Return `_new` rows; from now on they are not."""
        kept = self._new(rows, most)
        self._seen.update(self._keys(kept))
        return kept

    @final
    def _best(self, n: int) -> Archs:
        """Return the `n` best that were heard, int `[up to n, decisions]`, the earlier of equals first."""
        return self._archs[np.argsort(-self._rewards, kind="stable")[:n]]

    @final
    def _keys(self, rows: Archs) -> list[bytes]:
        """Return what tells classes of architectures apart as `space.key` does, but faster."""
        return [row.tobytes() for row in self.space.canonical(rows)] if len(rows) else []

    @final
    def _until_new(self, draw: Callable[[int], Archs], n: int) -> Archs:
        """Return draws, each int `[decisions]`, until `n` are of new classes, or `TRIES` times as many.

        `draw` is given how many there were before.
        """
        rows: list[Archs] = []
        new: set[bytes] = set()
        while len(rows) < TRIES * n and len(new) < n:
            rows.append(draw(len(rows)))
            new.update(set(self._keys(rows[-1][None])) - self._seen)
        return np.stack(rows)

    @final
    def _pool(self, n: int, parents: int) -> Archs:
        """Return up to `n` candidates of new classes, int `[up to n, decisions]`.

        Half are random, half are mutations, one decision each, of the `parents` best; each class is there once.
        """
        best = self._best(parents)
        chosen = self._rng.integers(len(best), size=n - n // 2).tolist()
        mutated = np.stack([self.space.mutate(best[i], self._rng) for i in chosen])
        return self._new(np.concatenate([self._draw(n // 2), mutated]))

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        self._archs, self._rewards = np.concatenate([self._archs, archs]), np.concatenate([self._rewards, rewards])
        keys = self._keys(archs)
        self._seen.update(keys)
        told = set(keys)
        self._asked = self._asked[[key not in told for key in self._keys(self._asked)]]

    def _state(self) -> dict[str, Any]:
        return {
            **super()._state(),
            "archs": self._archs.tolist(),
            "rewards": self._rewards.tolist(),
            "asked": self._asked.tolist(),
        }

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        decisions = len(self.space.cardinalities)
        self._archs, self._asked = (
            np.array(state[name], dtype=self.space.dtype).reshape(-1, decisions) for name in ("archs", "asked")
        )
        self._rewards = np.array(state["rewards"], dtype=np.float64)
        self._seen = set(self._keys(np.concatenate([self._archs, self._asked])))
