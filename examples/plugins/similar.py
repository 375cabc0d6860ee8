"""A predictor: the mean reward of the architectures that were heard, weighted by how many choices are the same."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.config import check_sizes
from awnas_gym.predictors import AbstractPredictor
from awnas_gym.spaces import AbstractSpace, Archs
from awnas_gym.tables import Row

ROWS = {"predictor": {"similar": Row(f"{__name__}:Similar", "a mean weighted by the number of equal choices")}}


@final
class Similar(AbstractPredictor):
    """A mean of rewards; one more equal choice makes a weight e**sharpness times as large.

    Args:
        space: of the architectures.
        seed: nothing is drawn.
        sharpness: see above.
    """

    def __init__(self, space: AbstractSpace, *, seed: int = 0, sharpness: int = 2) -> None:
        super().__init__(space, seed=seed)
        check_sizes({"sharpness": sharpness}, where="similar")
        self._sharpness = sharpness

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords except `seed`."""
        return {"sharpness": self._sharpness}

    def _fit(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        self._archs, self._rewards = archs, rewards

    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        equal = (archs[:, None] == self._archs).sum(axis=2, dtype=np.float64)
        weights = np.exp(self._sharpness * (equal - equal.max(axis=1, keepdims=True)))
        return (weights @ self._rewards / weights.sum(axis=1))[None]
