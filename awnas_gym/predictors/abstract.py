"""What every predictor is: it learns from architectures and their rewards what others would earn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import SettingError
from awnas_gym.spaces import AbstractSpace, Archs


class AbstractPredictor(ABC):
    """Scores architectures of a space; a higher score is a better one.

    A subclass says how it learns and predicts; further settings are keyword-only arguments of its own constructor.

    Args:
        space: of the architectures.
        seed: of whatever is drawn; equal seeds make equal predictors of equal rewards.

    Attributes:
        space, seed: likewise.
        members: models whose mean is the prediction.
    """

    members: int = 1

    def __init__(self, space: AbstractSpace, *, seed: int = 0) -> None:
        self.space, self.seed = space, seed
        self._is_fitted = False

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords except `seed`, as values of JSON."""

    @abstractmethod
    def _fit(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        """Learn from one or more architectures, int `[n, decisions]`, and finite rewards, float64 `[n]`."""

    @abstractmethod
    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        """Return the score of each member for architectures, int `[n, decisions]`: float64 `[members, n]`."""

    @final
    def fit(self, archs: ArrayLike, rewards: ArrayLike) -> None:
        """Learn from rewards; what was learned before is forgotten.

        Args:
            archs: int `[n, decisions]`.
            rewards: higher is better, `[n]`.

        Raises:
            SettingError: there are none, not as many as architectures, or one is no finite number.
        """
        rows, known = self.space.check(archs), np.asarray(rewards, dtype=np.float64)
        if known.shape != (len(rows),) or not len(rows):
            raise SettingError(f"{len(rows)} architectures have as many rewards, one or more; got {list(known.shape)}")
        if wrong := np.flatnonzero(~np.isfinite(known)).tolist():
            raise SettingError(f"the reward of {rows[wrong[0]].tolist()} is {known[wrong[0]]}; rewards are finite")
        self._fit(rows, known)
        self._is_fitted = True

    @final
    def predict(self, archs: ArrayLike) -> NDArray[np.float64]:
        """Return scores of architectures, int `[n, decisions]`: float64 `[n]`, the mean over the members.

        Whoever learned by a regression predicts rewards; whoever learned to rank gives numbers of no unit.

        Raises:
            SettingError: the predictor was not fitted.
        """
        mean: NDArray[np.float64] = self.predict_each(archs).mean(axis=0)
        return mean

    @final
    def predict_each(self, archs: ArrayLike) -> NDArray[np.float64]:
        """Return what each member predicts, float64 `[members, n]`; see `predict`."""
        if not self._is_fitted:
            raise SettingError(f"{type(self).__name__} was not fitted; fit(archs, rewards) comes before predict")
        rows = self.space.check(archs)
        return self._predict(rows) if len(rows) else np.zeros((self.members, 0))
