"""A linear correction of what layers add up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.models.abstract import AbstractCostModel
from awnas_gym.hardware.models.features import layer_features
from awnas_gym.hardware.models.ridge import STRENGTHS, Ridge
from awnas_gym.spaces import AbstractSpace, Archs

By = Literal["sum", "group", "layers"]
BYS = ("sum", "group", "layers")


@final
class Linear(AbstractCostModel):
    """`intercept + slope * sum of the layers` [`regression` of aw_nas], or a slope for each group of layers.

    The intercept is what a network costs beside its layers, the slope what layers of a network share or wait for.
    `by="sum"` is least squares; the others are ridge regressions, since groups of layers come together.

    Args:
        space: as of `AbstractCostModel`.
        metric: likewise.
        device: says what layers cost; None for `by="layers"`.
        seed: likewise; nothing is drawn.
        by: `"sum"`, one slope; `"group"`, one for what the device says of layers of each kind and kernel; `"layers"`,
            one for each of `LayerFeatures` without a device: how many layers of each group, multiply-accumulates,
            parameters, numbers moved. None: `"sum"` with a device, `"layers"` without.

    Raises:
        SettingError: there is no device and `by` needs one, or the device does not know the metric.
    """

    variants: ClassVar[tuple[Mapping[str, Any], ...]] = ({"by": "layers"}, {"by": "sum"}, {"by": "group"})

    def __init__(
        self,
        space: AbstractSpace,
        *,
        metric: str = "latency_ms",
        device: AbstractDevice | None = None,
        seed: int = 0,
        by: By | None = None,
    ) -> None:
        super().__init__(space, metric=metric, device=device, seed=seed)
        self._by: By = by or ("layers" if device is None else "sum")
        if self._by not in BYS:
            raise UnknownNameError("by", by, BYS)
        if device is None and self._by != "layers":
            raise SettingError(f"linear by={by!r} corrects what a device says of layers; name one, or by='layers'")
        self._features = layer_features(space, device=None if self._by == "layers" else device, metric=metric)

    @property
    def settings(self) -> dict[str, Any]:
        """What the slopes are of."""
        return {"by": self._by}

    def _fit(self, archs: Archs, values: NDArray[np.float64]) -> None:
        self._ridge = Ridge(self._of(archs), values, strengths=(0.0,) if self._by == "sum" else STRENGTHS)

    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        return self._ridge(self._of(archs))

    def _of(self, archs: Archs) -> NDArray[np.float64]:
        if self._by == "layers":
            return self._features(archs)
        of_groups = self._features.of_device(archs)
        return of_groups if self._by == "group" else of_groups.sum(axis=1, keepdims=True)
