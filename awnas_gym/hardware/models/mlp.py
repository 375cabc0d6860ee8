"""A perceptron of three hidden layers."""

from __future__ import annotations

import warnings
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.config import check_sizes
from awnas_gym.errors import MissingExtraError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.models.abstract import AbstractCostModel
from awnas_gym.hardware.models.features import NetworkFeatures, Standardised
from awnas_gym.spaces import AbstractSpace, Archs


@final
class MLP(AbstractCostModel):
    """Scikit-learn's `MLPRegressor` on `NetworkFeatures`, features and values standardised [`mlp` of aw_nas].

    Args:
        space: as of `AbstractCostModel`.
        metric: likewise.
        device: likewise; what it says of layers is among the features.
        seed: of weights and batches.
        hidden: units of each hidden layer.
        layers: hidden ones.
        epochs: at most; the loss ends it before.

    Raises:
        SettingError: the device does not know the metric, or a setting is no whole number from 1.
        MissingExtraError: scikit-learn is not installed.
    """

    def __init__(
        self,
        space: AbstractSpace,
        *,
        metric: str = "latency_ms",
        device: AbstractDevice | None = None,
        seed: int = 0,
        hidden: int = 100,
        layers: int = 3,
        epochs: int = 1000,
    ) -> None:
        super().__init__(space, metric=metric, device=device, seed=seed)
        self._settings = {"hidden": hidden, "layers": layers, "epochs": epochs}
        check_sizes(self._settings, where="mlp")
        try:
            import sklearn.neural_network  # noqa: F401, PLC0415 - of the extra [hardware]
        except ImportError as error:
            raise MissingExtraError("scikit-learn", "hardware") from error
        self._features = NetworkFeatures(space, device=device, metric=metric)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's own arguments."""
        return dict(self._settings)

    def _fit(self, archs: Archs, values: NDArray[np.float64]) -> None:
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415
        from sklearn.neural_network import MLPRegressor  # noqa: PLC0415

        features = self._features(archs)
        self._standardised = Standardised(features)
        self._mean, self._scale = float(values.mean()), float(values.std()) or 1.0
        self._network = MLPRegressor(
            hidden_layer_sizes=(self._settings["hidden"],) * self._settings["layers"],
            alpha=1e-4,
            max_iter=self._settings["epochs"],
            random_state=self.seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # `epochs` may end it
            self._network.fit(self._standardised(features), (values - self._mean) / self._scale)

    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        found: NDArray[np.float64] = self._network.predict(self._standardised(self._features(archs)))
        return self._mean + self._scale * found
