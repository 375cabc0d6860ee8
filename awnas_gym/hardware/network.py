"""What whole networks cost on a device: the sum over their layers, for many architectures at once."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import keywords
from awnas_gym.errors import MissingLayerError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.deployment import deployed
from awnas_gym.metrics import Metrics
from awnas_gym.spaces import SPACES, AbstractSpace, Archs
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.parts import Parts

KEPT = 2**16
"""Networks whose costs are kept: all of a space of so many, else those that were asked for."""


class AbstractNetworkCost(ABC):
    """Says what the networks of a space cost.

    Attributes:
        space: of the architectures.
        yields: names of the metrics.
        card: what a reader must know of the numbers.
        version: identifies the numbers; "" if nothing does.
    """

    space: AbstractSpace
    yields: frozenset[str]
    card: dict[str, Any]
    version: str = ""

    @abstractmethod
    def __call__(self, archs: ArrayLike) -> Metrics:
        """Return the metrics of `archs`, int `[batch, decisions]`: float64 `[batch]` each."""

    def fitted_to(self, archs: ArrayLike) -> NDArray[np.bool_]:
        """Return which of `archs` the metrics were learned from, bool `[batch]`: none, where nothing is learned."""
        return np.zeros(len(self.space.check(archs)), dtype=np.bool_)


@final
class LayerSum(AbstractNetworkCost):
    """The sum of what the layers cost: an estimate, for layers of a network share caches and wait for each other.

    Where the space counts its parts (`spaces.parts`), a million architectures take less than a second.

    Args:
        space: of the architectures.
        device: says what layers cost.

    Raises:
        SettingError: the space has no layers.
        MissingLayerError: the device does not know a layer; of a space that does not count its parts, one of a random
            architecture, and later when an architecture has another one.
    """

    def __init__(self, space: AbstractSpace, device: AbstractDevice) -> None:
        layers = space.layers(space.sample(np.random.default_rng(0), 1)[0])  # an error of its own, if it has none
        self.space, self.device = space, device
        self.yields, self.version = device.yields, device.version
        self.card = {**device.card, "device": device.card.get("device", device.name), "model": "sum of the layers"}
        self._parts: Metrics | None = None
        self._all: Metrics | None = None
        self._known: dict[bytes, dict[str, float]] = {}
        if not isinstance(space, Parts):
            self.of_layers(layers)  # a table of other networks is refused here
        else:
            parts = space.parts()
            self._costs([layer for part in parts for layer in deployed(part)])  # an error tells how many are missing
            each = [self.of_layers(part) for part in parts]
            self._parts = {metric: np.array([costs[metric] for costs in each]) for metric in self.yields}
            if math.prod(space.cardinalities) <= KEPT:
                archs, self._all = space.enumerate(), {}
                for metric, costs in self._counted(archs).items():
                    self._all[metric] = np.full(math.prod(space.cardinalities), np.nan)
                    self._all[metric][space.index(archs)] = costs

    def __call__(self, archs: ArrayLike) -> Metrics:
        """Return the sums, float64 `[batch]` each."""
        if self._all is not None:
            numbers = self.space.index(archs)
            return {metric: costs[numbers] for metric, costs in self._all.items()}
        rows = self.space.check(archs)
        if self._parts is not None:
            return self._counted(rows)
        found = [self._one(row) for row in rows]
        return {metric: np.array([costs[metric] for costs in found], dtype=np.float64) for metric in self.yields}

    def of_layers(self, layers: Sequence[LayerSpec]) -> dict[str, float]:
        """Return the sums over the layers of a network, or of a part of one."""
        return {metric: float(costs.sum()) for metric, costs in self._costs(deployed(layers)).items()}

    def _costs(self, layers: Sequence[LayerSpec]) -> dict[str, NDArray[np.float64]]:
        try:
            return self.device.costs(layers)
        except MissingLayerError as error:
            raise MissingLayerError(f"{error}{_options(self.space)}") from error

    def _counted(self, rows: Archs) -> Metrics:
        counts = self.space.part_counts(rows).astype(np.float64)  # type: ignore[attr-defined]
        return {metric: counts @ costs for metric, costs in (self._parts or {}).items()}

    def _one(self, row: NDArray[Any]) -> dict[str, float]:
        key = row.tobytes()
        if key not in self._known:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[key] = self.of_layers(self.space.layers(row))
        return self._known[key]


def _options(space: AbstractSpace) -> str:
    """Return how commands are told the space, for a message; "" if a file has to say it."""
    defaults = {name: each.default for name, each in keywords(type(space)).items()}
    given = {name: value for name, value in space.settings.items() if value != defaults.get(name)}
    if space.name not in SPACES or not all(isinstance(value, (int, float, str)) for value in given.values()):
        return ""
    return " ".join([f": --space {space.name}", *(f"--setting {name}={value}" for name, value in given.items())])
