"""Ridge regression with the strength that predicts best what is left out, in closed form."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

STRENGTHS = tuple(10.0**power for power in range(-6, 4))
"""Penalties of the squared slopes, for one sample."""


@final
class Ridge:
    """`intercept + features @ slopes`, fitted by least squares and a penalty on the squared slopes.

    The strength is the one of `STRENGTHS` with the least squared error of samples that were left out one at a time,
    which the singular value decomposition gives without fitting again [Golub, Heath & Wahba, Technometrics 1979].

    Args:
        features: float64 `[n, features]`.
        values: float64 `[n]`.
        strengths: to choose from.
        standardise: penalise the slopes of features of variance 1; False: of the features as they are given, where
            their sizes say what is expected of them.

    Attributes:
        intercept: of the features as they were given.
        slopes: likewise, float64 `[features]`; 0 of a feature that was the same everywhere.
        strength: that was chosen.
        error: mean squared error of what was left out, with it.
    """

    def __init__(
        self,
        features: NDArray[np.float64],
        values: NDArray[np.float64],
        *,
        strengths: tuple[float, ...] = STRENGTHS,
        standardise: bool = True,
    ) -> None:
        n = len(values)
        means = features.mean(axis=0)
        scales = features.std(axis=0) if standardise else np.ones(features.shape[1])
        scales[scales <= 1e-12 * np.maximum(np.abs(means), 1)] = np.inf
        u, s, vt = np.linalg.svd((features - means) / scales, full_matrices=False)
        s[s < 1e-9 * s.max(initial=1e-300)] = 0.0
        centred = values - values.mean()
        projected = u.T @ centred
        self.error = np.inf
        self.strength, slopes = strengths[-1], np.zeros(features.shape[1])
        for strength in strengths:
            shrink = s**2 / (s**2 + n * strength)
            left = 1 - 1 / n - (u**2) @ shrink  # 1 - leverage
            residuals = (centred - u @ (shrink * projected)) / np.maximum(left, 1e-9)
            if (error := float((residuals**2).mean())) < self.error:
                self.error, self.strength = error, strength
                slopes = vt.T @ (s / (s**2 + n * strength) * projected)
        self.slopes = slopes / scales
        self.intercept = float(values.mean() - means @ self.slopes)

    def __call__(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is predicted, float64 `[n]`."""
        predicted: NDArray[np.float64] = self.intercept + features @ self.slopes
        return predicted
