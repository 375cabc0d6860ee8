"""What every objective is: a judgement of metrics, to be maximised."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from awnas_gym.metrics import Metrics


class AbstractObjective(ABC):
    """Turns metrics into a reward.

    Attributes:
        needs: names of the metrics it reads.
    """

    needs: frozenset[str]

    @abstractmethod
    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the reward of each architecture, float64 `[batch]`; more is better."""
