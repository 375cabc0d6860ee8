"""A Gaussian process on what a linear model leaves over."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import MissingExtraError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.models.abstract import AbstractCostModel
from awnas_gym.hardware.models.features import NetworkFeatures, Standardised
from awnas_gym.hardware.models.trend import Trend
from awnas_gym.spaces import AbstractSpace, Archs


@final
class GaussianProcess(AbstractCostModel):
    """Scikit-learn's Gaussian process [Rasmussen & Williams 2006] on `NetworkFeatures`.

    Its mean is a `Trend`; what that leaves over is learned by a squared exponential kernel and noise, whose scales
    maximise the likelihood.

    Args:
        space: as of `AbstractCostModel`.
        metric: likewise.
        device: likewise; what it says of layers is among the features.
        seed: likewise.

    Raises:
        SettingError: the device does not know the metric.
        MissingExtraError: scikit-learn is not installed.
    """

    def __init__(
        self,
        space: AbstractSpace,
        *,
        metric: str = "latency_ms",
        device: AbstractDevice | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(space, metric=metric, device=device, seed=seed)
        try:
            import sklearn.gaussian_process  # noqa: F401, PLC0415 - of the extra [hardware]
        except ImportError as error:
            raise MissingExtraError("scikit-learn", "hardware") from error
        self._features = NetworkFeatures(space, device=device, metric=metric)

    @property
    def settings(self) -> dict[str, Any]:
        """None."""
        return {}

    @property
    def learned(self) -> dict[str, NDArray[Any]]:
        """`theta`, the logarithms of the kernel's scales: float64 `[3]`."""
        return {"theta": np.asarray(self._process.kernel_.theta)}

    def _fit(self, archs: Archs, values: NDArray[np.float64]) -> None:
        self._learn(archs, values, None)

    def _restore(self, archs: Archs, values: NDArray[np.float64], learned: Mapping[str, NDArray[Any]]) -> None:
        self._learn(archs, values, learned["theta"])

    def _learn(self, archs: Archs, values: NDArray[np.float64], theta: NDArray[np.float64] | None) -> None:
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415
        from sklearn.gaussian_process import GaussianProcessRegressor  # noqa: PLC0415
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel  # noqa: PLC0415

        features = self._features(archs)
        self._trend = Trend(self._features, features, values)
        self._scale = float(values.std()) or 1.0
        self._standardised = Standardised(features)
        kernel = ConstantKernel(0.1, (1e-5, 1e3)) * RBF(1.0, (0.1, 100.0)) + WhiteKernel(0.01, (1e-6, 1.0))
        if theta is not None:
            kernel = kernel.clone_with_theta(theta)
        optimizer = None if theta is not None else "fmin_l_bfgs_b"
        self._process = GaussianProcessRegressor(kernel, optimizer=optimizer, random_state=self.seed)
        left = (values - self._trend(features)) / self._scale
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a scale at its bound: nothing was left to learn
            self._process.fit(self._inputs(features), left)

    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        features = self._features(archs)
        left: NDArray[np.float64] = self._process.predict(self._inputs(features))
        return self._trend(features) + self._scale * left

    def _inputs(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return standardised features, so scaled that two architectures are about sqrt(2) apart however many."""
        scaled: NDArray[np.float64] = self._standardised(features) / np.sqrt(features.shape[1])
        return scaled
