"""Random search: the baseline that every other agent has to beat."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.abstract import AskTellAgent
from awnas_gym.spaces import Archs


@final
class RandomSearch(AskTellAgent):
    """Independent architectures, each decision uniform over its legal choices [Li & Talwalkar, UAI 2019].

    Duplicates are evaluated again, as in the tabular studies that report it.
    """

    @property
    def settings(self) -> dict[str, Any]:
        """No settings."""
        return {}

    def ask(self, n: int = 1) -> Archs:
        """Return `n` random architectures, int `[n, decisions]`."""
        return self.space.sample(self._rng, n)

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        """Learn nothing; the best so far is kept by the base class."""
