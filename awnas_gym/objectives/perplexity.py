"""Perplexity, the other way up."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError
from awnas_gym.metrics import Metrics
from awnas_gym.objectives.abstract import AbstractObjective


@final
class Perplexity(AbstractObjective):
    """`scale / perplexity` on one split [ENAS, Pham et al., ICML 2018, section 2.2]; 80 is that of the authors' code.

    Args:
        split: `train`, `valid` or `test`.
        scale: the perplexity whose reward is 1, above 0.

    Raises:
        SettingError: it is not.
    """

    def __init__(self, *, split: str = "valid", scale: float = 80.0) -> None:
        if not scale > 0:
            raise SettingError(f"scale is the perplexity whose reward is 1, above 0; got {scale!r}")
        self.metric, self.scale = f"{split}_perplexity", scale
        self.needs = frozenset({self.metric})

    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the rewards, float64 `[batch]`."""
        rewards: NDArray[np.float64] = self.scale / metrics[self.metric]
        return rewards
