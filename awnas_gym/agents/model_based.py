"""What agents with a model of the rewards share: what they heard, what is planned, and when the model learns again."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.abstract import AskTellAgent
from awnas_gym.agents.checks import check_whole
from awnas_gym.agents.individuals import best_different
from awnas_gym.seeding import derive_seed
from awnas_gym.spaces import Archs

Key = bytes
"""Of an architecture's class: equal for those that compute the same function."""

ROUNDS = 20
"""Times that random architectures are drawn until one is new; then the space counts as exhausted."""


class ModelBasedAgent(AskTellAgent):
    """Asks for `initial` random architectures, then for those that its model proposes, `refit` at a time.

    The model learns anew from all rewards for each plan of `refit` architectures; equal rewards of a seed make the same
    model, so none has to be saved. None is proposed again whose class was asked for before, until no other is found.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        initial: random architectures whose rewards are heard first.
        refit: architectures of a plan; after as many rewards what is left of it is forgotten.
        batch: see `AskTellAgent`; more than `refit` at a time takes several plans of the same model.
    """

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None, initial: int, refit: int, batch: int) -> None:
        super().__init__(env, seed=seed)
        self.initial = check_whole("initial", initial, low=1)
        self.refit = check_whole("refit", refit, low=1)
        self.batch = check_whole("batch", batch, low=1)
        self._archs: list[Archs] = []
        self._rewards: list[float] = []
        self._keys: set[Key] = set()  # of all that was heard or is asked for
        self._asked: list[Archs] = []
        self._plan: list[Archs] = []
        self._planned_on = 0  # rewards that were known for the plan
        self._learned_on = 0  # and for the model

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"initial": self.initial, "refit": self.refit, "batch": self.batch}

    # ---------------------------------------------------------------- what a subclass says

    @abstractmethod
    def _learn(self, archs: Archs, rewards: NDArray[np.float64], seed: int) -> None:
        """Fit the model to all rewards, float64 `[n]`, of architectures, int `[n, decisions]`; forget the last one."""

    @abstractmethod
    def _suggest(self, archs: Archs, rewards: NDArray[np.float64]) -> Archs:
        """Return architectures to try, int `[any number, decisions]`, the most promising first, also known ones.

        Args:
            archs: that the model has learned from, int `[n, decisions]`.
            rewards: theirs, float64 `[n]`.
        """

    # ---------------------------------------------------------------- what follows

    @final
    def ask(self, n: int = 1) -> Archs:
        """Return random architectures at first, then what the model proposes, int `[n, decisions]`."""
        found: list[Archs] = []
        while len(found) < n:
            if len(self._rewards) < self.initial:
                arch = self._random()
            else:
                if not self._plan:
                    self._plan = self._make_plan()
                arch = self._plan.pop(0)
            self._keys.update(self._keys_of(arch[None]))
            self._asked.append(arch)
            found.append(arch)
        return np.stack(found)

    @final
    def sample(self, n: int, *, seed: int) -> Archs:
        """Return `n` architectures that the agent would ask for next, int `[n, decisions]`; learn nothing."""
        before = self._keys, self._asked, self._plan, self._planned_on
        self._keys, self._asked, self._plan = set(self._keys), [], []
        try:
            return super().sample(n, seed=seed)
        finally:
            self._keys, self._asked, self._plan, self._planned_on = before

    @final
    def propose(self, n: int, *, seed: int) -> Archs:
        """Return the best that were heard and differ, at most `n`, int `[up to n, decisions]`."""
        return best_different(self.space, list(zip(self._archs, self._rewards, strict=True)), n)

    @final
    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        self._archs += list(archs)
        self._rewards += rewards.tolist()
        self._keys.update(self._keys_of(archs))
        told = {arch.tobytes() for arch in archs}
        self._asked = [arch for arch in self._asked if arch.tobytes() not in told]
        if len(self._rewards) - self._planned_on >= self.refit:
            self._plan = []

    @final
    def _make_plan(self) -> list[Archs]:
        archs, rewards = np.stack(self._archs), np.array(self._rewards)
        self._planned_on = len(rewards)
        if self._learned_on != len(rewards):
            self._learn(archs, rewards, derive_seed(self.seed, "model", len(rewards)))
            self._learned_on = len(rewards)
        return list(self._new(self._suggest(archs, rewards), self.refit)) or [self._random()]

    @final
    def _new(self, archs: Archs, most: int | None = None) -> Archs:
        """Return the first `most` of different classes of which none was asked for, or all of them."""
        first: dict[Key, int] = {}
        for i, key in enumerate(self._keys_of(archs)):
            if key not in self._keys:
                first.setdefault(key, i)
        return archs[list(first.values())[:most]]

    @final
    def _random(self) -> Archs:
        """Return a random architecture of a class that was not asked for, or any if none is found."""
        for _ in range(ROUNDS):
            drawn = self.space.sample(self._rng, ROUNDS)
            if len(new := self._new(drawn, 1)):
                break
        arch: Archs = (*new, drawn[0])[0]
        return arch

    @final
    def _keys_of(self, archs: Archs) -> list[Key]:
        return [row.tobytes() for row in self.space.canonical(archs)] if len(archs) else []

    @final
    def _best(self, n: int) -> Archs:
        """Return the `n` best that were heard, int `[up to n, decisions]`, the earlier of equals first."""
        return np.stack([self._archs[i] for i in np.argsort(-np.array(self._rewards), kind="stable")[:n]])

    def _state(self) -> dict[str, Any]:
        rows = {"archs": self._archs, "asked": self._asked, "plan": self._plan}
        return {
            **super()._state(),
            **{name: [arch.tolist() for arch in archs] for name, archs in rows.items()},
            "rewards": self._rewards,
            "planned_on": self._planned_on,
        }

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._archs, self._asked, self._plan = (
            [self.space.check(arch)[0] for arch in state[name]] for name in ("archs", "asked", "plan")
        )
        self._rewards, self._planned_on = state["rewards"], state["planned_on"]
        for arch in (*self._archs, *self._asked):
            self._keys.update(self._keys_of(arch[None]))
