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
        vector: whether a reward is a vector, one entry an objective.
        constrained: whether architectures may break a constraint, which `violation` measures.
    """

    needs: frozenset[str]
    vector: bool = False
    constrained: bool = False

    @abstractmethod
    def __call__(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return the reward of each architecture, float64 `[batch]`; more is better."""

    def violation(self, metrics: Metrics) -> NDArray[np.float64]:
        """Return by how much each architecture breaks the constraint, float64 `[batch]`; 0 where it holds."""
        return np.zeros(len(next(iter(metrics.values()))))
