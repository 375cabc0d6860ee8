"""The linear part of a model that learns what is left over."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.hardware.models.features import NetworkFeatures
from awnas_gym.hardware.models.ridge import Ridge


@final
class Trend:
    """A ridge regression on counts of operations, on sums over layers, or on both: whichever leaves the least error.

    The error is that of samples that were left out one at a time. In cells, where an operation is as wide on all
    edges, it matters how often it is there; in mobile networks, which layers it leads to.

    Args:
        of: how the features are ordered.
        features: float64 `[n, features]`.
        values: float64 `[n]`.
    """

    def __init__(self, of: NetworkFeatures, features: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        numbers = np.arange(features.shape[1])
        counts, layers = numbers[of.counts], numbers[of.layers]
        tried = [counts, layers, np.concatenate([counts, layers])] if len(layers) else [counts]
        fitted = [(Ridge(features[:, columns], values), columns) for columns in tried]
        self._ridge, self._columns = min(fitted, key=lambda each: each[0].error)

    def __call__(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is predicted, float64 `[n]`."""
        return self._ridge(features[:, self._columns])
