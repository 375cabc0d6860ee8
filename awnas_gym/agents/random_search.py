"""Random search: the baseline that every other agent has to beat."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.checks import check_whole
from awnas_gym.spaces import Archs


@final
class RandomSearch(AskTellAgent):
    """Independent architectures, each decision uniform over its legal choices [Li & Talwalkar, UAI 2019].

    Duplicates are evaluated again, as in the tabular studies that report it.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        batch: see `AskTellAgent`; of one seed another batch draws other architectures.
    """

    hears = ("number", "vector")

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None = None, batch: int = 1) -> None:
        super().__init__(env, seed=seed)
        self.batch = check_whole("batch", batch, low=1)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"batch": self.batch}

    def ask(self, n: int = 1) -> Archs:
        """Return `n` random architectures, int `[n, decisions]`."""
        return self.space.sample(self._rng, n)

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        """Learn nothing; the best so far is kept by the base class."""
