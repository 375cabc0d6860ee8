"""Which model to fit: the one that predicts best what it was not fitted to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import SettingError
from awnas_gym.hardware.agreement import Agreement, agreement
from awnas_gym.hardware.models.abstract import FEWEST, AbstractCostModel

FOLDS = 5


@final
class CrossValidation:
    """Predictions of each of some measured architectures by models that were fitted to others [Stone, JRSS 1974].

    Args:
        archs: int `[n, decisions]`.
        values: of the metric, `[n]`.
        folds: parts of equal size that are left out in turn.
        seed: of the parts.

    Raises:
        SettingError: too few architectures to leave any out.
    """

    def __init__(self, archs: ArrayLike, values: ArrayLike, *, folds: int = FOLDS, seed: int = 0) -> None:
        self._archs, self._values = np.asarray(archs), np.asarray(values, dtype=np.float64)
        if len(self._archs) < 2 * FEWEST:
            raise SettingError(f"cross-validation needs {2 * FEWEST} architectures; got {len(self._archs)}")
        fold = np.random.default_rng(seed).permutation(len(self._archs)) % folds
        self._parts: list[NDArray[np.bool_]] = [fold == i for i in range(folds)]

    def __call__(self, make: Callable[[], AbstractCostModel]) -> Agreement:
        """Return how well the predictions agree with the values.

        Args:
            make: returns a model that is not yet fitted; all of them alike.
        """
        predicted = np.empty(len(self._values))
        for part in self._parts:
            model = make()
            model.fit(self._archs[~part], self._values[~part])
            predicted[part] = model.predict(self._archs[part])
        return agreement(self._values, predicted)


def best(found: Mapping[str, Agreement]) -> str:
    """Return the name of the highest Kendall tau; of equal ones the first."""
    return max(found, key=lambda name: np.nan_to_num(found[name].kendall_tau, nan=-1.0))
