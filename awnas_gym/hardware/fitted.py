"""What a fitted model says of whole networks, as environments ask it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.hardware.models.abstract import AbstractCostModel
from awnas_gym.hardware.network import KEPT, AbstractNetworkCost
from awnas_gym.metrics import Metrics
from awnas_gym.spaces import Archs


@final
class FittedCost(AbstractNetworkCost):
    """The predictions of a cost model; what was asked for once is kept, as of `LayerSum`.

    Args:
        model: that was fitted.
        archs: to which, int `[n, decisions]`.
        card: what a reader must know of the numbers.
        version: identifies them.

    Attributes:
        model: likewise.
    """

    def __init__(
        self, model: AbstractCostModel, archs: ArrayLike, *, card: Mapping[str, Any], version: str = ""
    ) -> None:
        self.model, self.space, self.card, self.version = model, model.space, dict(card), version
        self.yields = frozenset({model.metric})
        tuples = math.prod(self.space.cardinalities)
        self._all = np.full(tuples, np.nan) if tuples <= KEPT else None
        self._known: dict[bytes, float] = {}
        self._fitted_to = {row.tobytes() for row in self.space.check(archs)}

    def __call__(self, archs: ArrayLike) -> Metrics:
        """Return what the networks are believed to cost, float64 `[batch]`."""
        if self._all is not None:
            numbers = self.space.index(archs)
            new = np.unique(numbers[np.isnan(self._all[numbers])])
            if len(new):
                self._all[new] = self.model.predict(self.space.unindex(new))
            return {self.model.metric: self._all[numbers]}
        return {self.model.metric: self._of(self.space.check(archs))}

    def fitted_to(self, archs: ArrayLike) -> NDArray[np.bool_]:
        """Return which of `archs` the model was fitted to, bool `[batch]`."""
        return np.array([row.tobytes() in self._fitted_to for row in self.space.check(archs)], dtype=np.bool_)

    def _of(self, rows: Archs) -> NDArray[np.float64]:
        if len(rows) > KEPT:
            return self.model.predict(rows)
        keys = [row.tobytes() for row in rows]
        new = {key: i for i, key in enumerate(keys) if key not in self._known}
        if new:
            if len(self._known) + len(new) > KEPT:
                self._known.clear()
                new = {key: i for i, key in enumerate(keys)}
            found = self.model.predict(rows[list(new.values())])
            self._known.update(zip(new, found.tolist(), strict=True))
        return np.array([self._known[key] for key in keys], dtype=np.float64)
