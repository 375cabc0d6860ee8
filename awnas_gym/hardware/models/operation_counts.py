"""Linear in how often each operation is there: the baseline that every other model has to beat."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.models.abstract import AbstractCostModel
from awnas_gym.hardware.models.features import operation_counts
from awnas_gym.hardware.models.ridge import Ridge
from awnas_gym.spaces import AbstractSpace, Archs


@final
class OperationCountsModel(AbstractCostModel):
    """`intercept + sum over operations of slope * how often`: a ridge regression on `OperationCounts`.

    Args:
        space: as of `AbstractCostModel`.
        metric: likewise.
        device: likewise; not asked.
        seed: likewise.
    """

    asks = False

    def __init__(
        self,
        space: AbstractSpace,
        *,
        metric: str = "latency_ms",
        device: AbstractDevice | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(space, metric=metric, device=device, seed=seed)
        self._features = operation_counts(space)

    @property
    def settings(self) -> dict[str, Any]:
        """None."""
        return {}

    def _fit(self, archs: Archs, values: NDArray[np.float64]) -> None:
        self._ridge = Ridge(self._features(archs), values)

    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        return self._ridge(self._features(archs))
