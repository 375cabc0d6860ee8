"""Gradient boosting of regression trees on what a linear model leaves over."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import MissingExtraError, SettingError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.models.abstract import AbstractCostModel
from awnas_gym.hardware.models.features import NetworkFeatures
from awnas_gym.hardware.models.trend import Trend
from awnas_gym.spaces import AbstractSpace, Archs


@final
class Boosting(AbstractCostModel):
    """Scikit-learn's gradient boosting [Friedman, Annals of Statistics 2001] on `NetworkFeatures`.

    The trees learn what a `Trend` leaves over, for trees alone are constant beyond what was measured, and need many
    leaves for a plain sum.

    Args:
        space: as of `AbstractCostModel`.
        metric: likewise.
        device: likewise; what it says of layers is among the features.
        seed: likewise.
        trees: how many.
        depth: of a tree.
        learning_rate: by which each tree's part is scaled.
        subsample: share of the samples that a tree sees.

    Raises:
        SettingError: the device does not know the metric, or a setting is out of its range.
        MissingExtraError: scikit-learn is not installed.
    """

    def __init__(
        self,
        space: AbstractSpace,
        *,
        metric: str = "latency_ms",
        device: AbstractDevice | None = None,
        seed: int = 0,
        trees: int = 100,
        depth: int = 2,
        learning_rate: float = 0.03,
        subsample: float = 0.5,
    ) -> None:
        super().__init__(space, metric=metric, device=device, seed=seed)
        if trees < 1 or depth < 1 or not 0 < learning_rate <= 1 or not 0 < subsample <= 1:
            raise SettingError(
                f"boosting: trees and depth are from 1, learning_rate and subsample in (0, 1]; got {trees}, {depth}, "
                f"{learning_rate} and {subsample}"
            )
        try:
            import sklearn.ensemble  # noqa: F401, PLC0415 - of the extra [hardware]
        except ImportError as error:
            raise MissingExtraError("scikit-learn", "hardware") from error
        self._settings = {"trees": trees, "depth": depth, "learning_rate": learning_rate, "subsample": subsample}
        self._features = NetworkFeatures(space, device=device, metric=metric)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's own arguments."""
        return dict(self._settings)

    def _fit(self, archs: Archs, values: NDArray[np.float64]) -> None:
        from sklearn.ensemble import GradientBoostingRegressor  # noqa: PLC0415

        features = self._features(archs)
        self._trend = Trend(self._features, features, values)
        self._trees = GradientBoostingRegressor(
            n_estimators=self._settings["trees"],
            max_depth=self._settings["depth"],
            learning_rate=self._settings["learning_rate"],
            subsample=self._settings["subsample"],
            min_samples_leaf=5,
            random_state=self.seed,
        ).fit(features, values - self._trend(features))

    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        features = self._features(archs)
        predicted: NDArray[np.float64] = self._trend(features) + self._trees.predict(features)
        return predicted
