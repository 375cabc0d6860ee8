"""Monte Carlo tree search over the decisions."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.model_based import ModelBasedAgent
from awnas_gym.checks import check_real
from awnas_gym.spaces import Archs


@final
class MCTS(ModelBasedAgent):
    """UCT on the tree of decisions [Kocsis & Szepesvári, ECML 2006; AlphaX: Wang et al., AAAI 2020].

    A node is what was decided so far, its children are the legal next choices. From the root on a choice that was never
    evaluated is taken at random; where there is none, the one of the highest mean + `exploration` sqrt(ln N / n), of n
    evaluations of N. What is below a new choice is random (the rollout). AlphaX predicts rewards of rollouts by a
    network; here each rollout is evaluated.

    Rewards count by their ranks among those so far, from 0 to 1, so `exploration` has the same meaning whatever their
    scale is (ours). What was asked for and not heard of counts as the worst: the next walks go elsewhere.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        exploration: weight of what is little known; ours, by experiment on the embedded table.
        batch: see `AskTellAgent`.
    """

    def __init__(
        self, env: gym.Env[Any, Any], *, seed: int | None = None, exploration: float = 0.2, batch: int = 1
    ) -> None:
        super().__init__(env, seed=seed, initial=1, batch=batch)
        self.exploration = check_real("exploration", exploration)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"exploration": self.exploration, "batch": self.batch}

    def _suggest(self, n: int) -> Archs:
        ranks = np.searchsorted(np.sort(self._rewards), self._rewards) / len(self._rewards)
        rows = np.concatenate([self._archs, self._asked])
        values = np.concatenate([ranks, np.zeros(len(self._asked))])

        def walk(_: int) -> Archs:
            nonlocal rows, values
            found = self._walk(rows, values)
            rows, values = np.concatenate([rows, found[None]]), np.append(values, 0.0)
            return found

        return self._until_new(walk, n)

    def _walk(self, rows: Archs, values: NDArray[np.float64]) -> Archs:
        """Return the architecture at the end of a walk, int `[decisions]`, where `rows` were worth `values`."""
        walk: list[int] = []
        for decision in range(rows.shape[1]):
            legal = np.flatnonzero(self.space.mask(walk))
            visits = np.bincount(rows[:, decision], minlength=legal[-1] + 1)[legal]
            if (visits == 0).any():
                walk.append(int(self._rng.choice(legal[visits == 0])))
            else:
                means = np.bincount(rows[:, decision], weights=values, minlength=legal[-1] + 1)[legal] / visits
                bounds = means + self.exploration * np.sqrt(np.log(len(rows)) / visits)
                walk.append(int(legal[bounds.argmax()]))
            same = rows[:, decision] == walk[-1]
            rows, values = rows[same], values[same]
        return np.array(walk, dtype=self.space.dtype)
