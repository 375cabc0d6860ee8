"""A cost model: the mean of the measured architectures that differ in the fewest decisions."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.config import check_sizes
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.models import AbstractCostModel
from awnas_gym.spaces import AbstractSpace, Archs
from awnas_gym.tables import Row

ROWS = {"cost_model": {"nearest": Row(f"{__name__}:Nearest", "the mean of the nearest that were measured")}}


@final
class Nearest(AbstractCostModel):
    """The mean of the nearest neighbours; of equally near ones the first that were measured.

    Args:
        space: of the architectures.
        metric: that is predicted.
        device: not asked.
        seed: nothing is drawn.
        neighbours: how many.
    """

    def __init__(
        self,
        space: AbstractSpace,
        *,
        metric: str = "latency_ms",
        device: AbstractDevice | None = None,
        seed: int = 0,
        neighbours: int = 5,
    ) -> None:
        super().__init__(space, metric=metric, device=device, seed=seed)
        check_sizes({"neighbours": neighbours}, where="nearest")
        self._neighbours = neighbours

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's own arguments."""
        return {"neighbours": self._neighbours}

    def _fit(self, archs: Archs, values: NDArray[np.float64]) -> None:
        self._archs, self._values = archs, values

    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        found = np.empty(len(archs))
        for i, row in enumerate(archs):
            differences = (self._archs != row).sum(axis=1)
            found[i] = self._values[np.argsort(differences, kind="stable")[: self._neighbours]].mean()
        return found
