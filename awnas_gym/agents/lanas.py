"""LaNAS: a learned tree of regions of the space, searched by upper confidence bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.svm import SVC

from awnas_gym.agents.model_based import ModelBasedAgent
from awnas_gym.checks import check_real, check_whole
from awnas_gym.predictors.encodings import bits_of_choices
from awnas_gym.spaces import Archs


@final
@dataclass(frozen=True, slots=True)
class Region:
    """A node of the tree that a walk comes to.

    Attributes:
        members: which evaluated architectures are in it, int64 `[members]`.
        tests: classifiers on the way from the root, and the class that each must give.
    """

    members: NDArray[np.int64]
    tests: tuple[tuple[Any, int], ...] = ()

    def holds(self, features: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which rows of features are in the region, bool `[rows]`."""
        inside = np.ones(len(features), dtype=np.bool_)
        for classifier, wanted in self.tests:
            inside[inside] = classifier.predict(features[inside]) == wanted if inside.any() else False
        return inside


@final
class LaNAS(ModelBasedAgent):
    """Latent actions [Wang et al., TPAMI 2021], split as in LA-MCTS [Wang et al., NeurIPS 2020, section 3].

    A region's architectures fall into two groups by k-means on one-hot decisions and standardised reward; a support
    vector machine that tells the groups apart divides the region, and so on down to `leaf` architectures. From the root
    the half of the higher mean + 2 `exploration` sqrt(2 ln N / n) is taken, and what comes next is drawn from the last
    one: random architectures and mutations of its members, as far as the machines place them there. The way down is
    learned anew for each `ask`.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        initial: random architectures at first; 20, ours (10 in the script named below).
        leaf: architectures in a region that is not divided; 20, as in the authors' LA-MCTS.
        exploration: weight of what is little known, in deviations of the rewards; 0.1 is the number of the authors'
            LaNAS on NAS-Bench-101, where it is in units of accuracy (`Cp`; facebookresearch/LaMCTS).
        candidates: that are drawn for a region; ours.
        batch: see `AskTellAgent`; a batch is drawn from one region.
    """

    def __init__(
        self, env: gym.Env[Any, Any], *, seed: int | None = None, initial: int = 20, leaf: int = 20,
        exploration: float = 0.1, candidates: int = 200, batch: int = 1,
    ) -> None:  # fmt: skip
        super().__init__(env, seed=seed, initial=initial, batch=batch)
        self.leaf, self.candidates = check_whole("leaf", leaf, low=2), check_whole("candidates", candidates, low=2)
        self.exploration = check_real("exploration", exploration)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {
            "initial": self.initial, "leaf": self.leaf, "exploration": self.exploration,
            "candidates": self.candidates, "batch": self.batch,
        }  # fmt: skip

    def _suggest(self, n: int) -> Archs:
        region = self._descend()
        size = max(n, self.candidates)
        members = self._archs[self._rng.choice(region.members, size=size - size // 2)]
        mutated = np.stack([self.space.mutate(row, self._rng) for row in members])
        rows = self._rng.permutation(np.concatenate([self._draw(size // 2), mutated]))
        return rows[region.holds(bits_of_choices(self.space, rows))]

    def _descend(self) -> Region:
        """Learn the way from the whole space to the region that is searched next."""
        features = bits_of_choices(self.space, self._archs)
        values = (self._rewards - self._rewards.mean()) / (self._rewards.std() or 1.0)
        region = Region(np.arange(len(values)))
        while len(region.members) > self.leaf:
            halves = self._divide(region, features, values)
            if halves is None:
                break
            region = max(halves, key=lambda half: self._bound(values[half.members], len(region.members)))
        return region

    def _bound(self, values: NDArray[np.float64], n: int) -> float:
        return float(values.mean() + 2 * self.exploration * np.sqrt(2 * np.log(n) / len(values)))

    def _divide(
        self, region: Region, features: NDArray[np.float32], values: NDArray[np.float64]
    ) -> list[Region] | None:
        """Return the two halves of a region; None if nothing tells them apart."""
        inside = features[region.members]
        both = np.column_stack([inside, values[region.members]])
        if (both == both[0]).all():
            return None
        groups = KMeans(2, n_init=1, random_state=int(self._rng.integers(2**31))).fit_predict(both)
        classifier = SVC().fit(inside, groups)
        placed = classifier.predict(inside)
        halves = [Region(region.members[placed == group], (*region.tests, (classifier, group))) for group in (0, 1)]
        return halves if all(len(half.members) for half in halves) else None
