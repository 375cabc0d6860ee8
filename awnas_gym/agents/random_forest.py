"""Sequential model-based optimisation with a random forest."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from sklearn.ensemble import RandomForestRegressor

from awnas_gym.agents.acquisition import expected_improvement
from awnas_gym.agents.model_based import ModelBasedAgent
from awnas_gym.checks import check_whole
from awnas_gym.predictors.encodings import bits_of_choices
from awnas_gym.spaces import Archs


@final
class RandomForest(ModelBasedAgent):
    """The candidate of the highest expected improvement by a random forest [SMAC: Hutter et al., LION 2011].

    The forest sees one-hot decisions; mean and deviation are those of its trees' predictions. It is grown anew for each
    `ask`. Candidates are random and mutated ones; SMAC climbs from the best instead.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        initial: random architectures at first; ours.
        trees: of the forest; 10, as in SMAC 1 and 2, as is that a split sees 5/6 of the features.
        leaf: architectures in a leaf at least; 3, as in SMAC.
        candidates: that the forest scores, half random, half mutations; ours.
        parents: the best ones, which are mutated; ours.
        batch: see `AskTellAgent`; a batch has the highest expected improvements.
    """

    def __init__(
        self, env: gym.Env[Any, Any], *, seed: int | None = None, initial: int = 10, trees: int = 10, leaf: int = 3,
        candidates: int = 200, parents: int = 10, batch: int = 1,
    ) -> None:  # fmt: skip
        super().__init__(env, seed=seed, initial=initial, batch=batch)
        self.trees, self.leaf = check_whole("trees", trees, low=2), check_whole("leaf", leaf, low=1)
        self.candidates = check_whole("candidates", candidates, low=2)
        self.parents = check_whole("parents", parents, low=1)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {
            "initial": self.initial, "trees": self.trees, "leaf": self.leaf, "candidates": self.candidates,
            "parents": self.parents, "batch": self.batch,
        }  # fmt: skip

    def _suggest(self, n: int) -> Archs:
        pool = self._pool(max(n, self.candidates), self.parents)
        if not len(pool):
            return pool
        forest = RandomForestRegressor(
            self.trees, min_samples_leaf=self.leaf, max_features=5 / 6, random_state=int(self._rng.integers(2**31))
        )
        forest.fit(bits_of_choices(self.space, self._archs), self._rewards)
        seen = bits_of_choices(self.space, pool)
        each = np.stack([tree.predict(seen) for tree in forest.estimators_])
        gains = expected_improvement(each.mean(axis=0), each.std(axis=0), float(self._rewards.max()))
        return pool[np.argsort(-gains, kind="stable")]
