"""The sum of the layers as a device has them: nothing is learned."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.models.abstract import AbstractCostModel
from awnas_gym.hardware.network import LayerSum
from awnas_gym.spaces import AbstractSpace, Archs


@final
class Lookup(AbstractCostModel):
    """`LayerSum` as a model, to be compared with those that learn [`table` of aw_nas].

    Args:
        space: as of `AbstractCostModel`.
        metric: likewise.
        device: says what layers cost; it has to be given.
        seed: likewise; nothing is drawn.

    Raises:
        SettingError: there is no device, or it does not know the metric.
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
        if device is None:
            raise SettingError("lookup adds what a device says of layers; name one")
        if metric not in device.yields:
            raise SettingError(f"{device.name} knows {', '.join(sorted(device.yields))}; no {metric}")
        self._sum = LayerSum(space, device)

    @property
    def settings(self) -> dict[str, Any]:
        """None."""
        return {}

    def _fit(self, archs: Archs, values: NDArray[np.float64]) -> None:
        self._sum(archs)  # a layer that the device does not know is an error here already

    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        return self._sum(archs)[self.metric]
