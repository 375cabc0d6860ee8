"""What every cost model is: it learns from measured architectures what the others cost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import SettingError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.spaces import AbstractSpace, Archs

FEWEST = 5
"""Measured architectures from which a model is fitted."""

LEAST = 10
"""Nothing is believed to cost less than the least that was measured, by so much: costs are above 0, lines are not."""


class AbstractCostModel(ABC):
    """Predicts a metric of whole networks.

    A subclass gives what stands under "what a model must say"; further settings are keyword-only arguments of its own
    constructor, which passes these on.

    Args:
        space: of the architectures.
        metric: that is predicted, e.g. `latency_ms`.
        device: says what layers cost; None if nothing does.
        seed: of whatever is drawn; equal seeds make equal models.

    Attributes:
        space, metric, device, seed: likewise.
        asks: it makes use of a device, if there is one.
        slow: it takes more than a few seconds to fit; it is tried if asked for by name.
        variants: settings of its own that are worth trying, one after another.
    """

    slow: ClassVar[bool] = False
    asks: ClassVar[bool] = True
    variants: ClassVar[tuple[Mapping[str, Any], ...]] = ({},)

    def __init__(
        self,
        space: AbstractSpace,
        *,
        metric: str = "latency_ms",
        device: AbstractDevice | None = None,
        seed: int = 0,
    ) -> None:
        self.space, self.metric, self.device, self.seed = space, metric, device, seed
        self._least: float | None = None

    # ---------------------------------------------------------------- what a model must say

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments of its own, as values of JSON: with them a saved model is built again."""

    @abstractmethod
    def _fit(self, archs: Archs, values: NDArray[np.float64]) -> None:
        """Learn from architectures, int `[n, decisions]`, and their values, float64 `[n]`, larger than 0."""

    @abstractmethod
    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        """Return what architectures, int `[n, decisions]`, are believed to cost, float64 `[n]`."""

    # ---------------------------------------------------------------- what a model may say

    @property
    def learned(self) -> dict[str, NDArray[Any]]:
        """What takes long to learn, as arrays of numbers, so that a saved model need not; nothing by default."""
        return {}

    def _restore(self, archs: Archs, values: NDArray[np.float64], learned: Mapping[str, NDArray[Any]]) -> None:
        """Learn as `_fit` does, from the same measurements, given what was `learned`; the same predictions follow."""
        del learned
        self._fit(archs, values)

    # ---------------------------------------------------------------- what follows from it

    @final
    def fit(self, archs: ArrayLike, values: ArrayLike) -> None:
        """Learn from measurements; what was learned before is forgotten.

        Args:
            archs: int `[n, decisions]`.
            values: of the metric, `[n]`, in its unit.

        Raises:
            SettingError: fewer than `FEWEST`, or a value that is no number above 0.
            MissingLayerError: the device does not know a layer.
        """
        rows, known = self._checked(archs, values)
        self._fit(rows, known)
        self._least = float(known.min()) / LEAST

    @final
    def restore(self, archs: ArrayLike, values: ArrayLike, learned: Mapping[str, NDArray[Any]]) -> None:
        """Be the model again that learned from these measurements.

        Args:
            archs: as of `fit`.
            values: likewise.
            learned: as that model had it.

        Raises:
            SettingError: as of `fit`, or `learned` is of another model.
            MissingLayerError: as of `fit`.
        """
        rows, known = self._checked(archs, values)
        try:
            self._restore(rows, known, learned)
        except (KeyError, ValueError) as error:
            raise SettingError(f"what was learned is of another model: {error}") from error
        self._least = float(known.min()) / LEAST

    @final
    def _checked(self, archs: ArrayLike, values: ArrayLike) -> tuple[Archs, NDArray[np.float64]]:
        rows, known = self.space.check(archs), np.asarray(values, dtype=np.float64)
        if known.shape != (len(rows),):
            raise SettingError(f"{len(rows)} architectures have as many values; got {list(known.shape)}")
        if len(rows) < FEWEST:
            raise SettingError(f"a model is fitted to {FEWEST} architectures or more; got {len(rows)}")
        if wrong := np.flatnonzero(~(np.isfinite(known) & (known > 0))).tolist():
            raise SettingError(f"{self.metric} of {self.space.genotype(rows[wrong[0]])} is {known[wrong[0]]}; not > 0")
        return rows, known

    @final
    def predict(self, archs: ArrayLike) -> NDArray[np.float64]:
        """Return what architectures, int `[n, decisions]`, are believed to cost, float64 `[n]`.

        Raises:
            SettingError: the model was not fitted.
            MissingLayerError: the device does not know a layer.
        """
        if self._least is None:
            raise SettingError(f"{type(self).__name__} was not fitted; fit(archs, values) comes before predict")
        rows = self.space.check(archs)
        return np.maximum(self._predict(rows), self._least) if len(rows) else np.zeros(0)
