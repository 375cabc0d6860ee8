"""What cost models know of architectures as numbers: choices, operations, layers, and what a device says of these."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import MissingLayerError, SettingError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.deployment import deployed
from awnas_gym.hardware.models.shared import SAMPLED, SameSpace, typical_layers
from awnas_gym.hardware.network import KEPT
from awnas_gym.hardware.traffic import traffic
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.parts import Parts, one_hot


def choices(space: AbstractSpace, archs: ArrayLike) -> NDArray[np.float64]:
    """Return ones where decisions are so, float64 `[batch, sum of cardinalities]`."""
    return one_hot(space.check(archs), space.cardinalities).astype(np.float64)


def group_of(layer: LayerSpec) -> str:
    """Return which layers it is counted with, e.g. `conv 3x3 depthwise`: those of its kind, kernel and grouping."""
    grouping = "" if layer.groups == 1 else " depthwise" if layer.groups == layer.c_in else " grouped"
    return f"{layer.kind} {layer.kernel}x{layer.kernel}{grouping}"


@final
class OperationCounts:
    """How often each operation is in an architecture: the labels of its graph.

    `operation_counts` shares them among models; what is known of an architecture is kept.

    Args:
        space: of the architectures.

    Attributes:
        names: of the operations, sorted.
    """

    def __init__(self, space: AbstractSpace) -> None:
        self._space = space
        self._known: dict[bytes, Counter[str]] = {}
        found = [self._labels(row) for row in space.sample(np.random.default_rng(0), 1000)]
        self.names = tuple(sorted(set().union(*found)))
        if not self.names:
            raise SettingError(f"the graphs of {space.name} have no labels to count")

    def __call__(self, archs: ArrayLike) -> NDArray[np.float64]:
        """Return the counts, float64 `[batch, operations]`."""
        found = [self._labels(row) for row in self._space.check(archs)]
        return np.array([[labels[name] for name in self.names] for labels in found], dtype=np.float64)

    def _labels(self, row: NDArray[np.signedinteger]) -> Counter[str]:
        key = row.tobytes()
        if key not in self._known:
            if len(self._known) >= KEPT:
                self._known.clear()
            graph = self._space.graph(row)
            labels = [label for _, _, label in graph.edges] if any(label for *_, label in graph.edges) else graph.nodes
            self._known[key] = Counter(label for label in labels if label)
        return self._known[key]


def operation_counts(space: AbstractSpace) -> OperationCounts:
    """Return `OperationCounts`, the same object to all who ask for a space."""
    return _operation_counts(SameSpace(space))


@functools.lru_cache(maxsize=16)
def _operation_counts(of: SameSpace) -> OperationCounts:
    return OperationCounts(of.space)


@final
class LayerFeatures:
    """Sums over the layers of networks: how many of each group, multiply-accumulates, parameters, numbers moved.

    With a device also what it says of the layers of each group.

    `layer_features` shares them among models; what is known of a network is kept.

    Args:
        space: of the architectures.
        device: says what layers cost.
        metric: which of its metrics.

    Attributes:
        names: of the features.
        groups: of layers (`group_of`), in the order of the first features, and of the last, which are the device's.

    Raises:
        SettingError: the space has no layers, or the device does not know the metric.
    """

    def __init__(
        self, space: AbstractSpace, *, device: AbstractDevice | None = None, metric: str = "latency_ms"
    ) -> None:
        if device is not None and metric not in device.yields:
            raise SettingError(f"{device.name} knows {', '.join(sorted(device.yields))}; no {metric}")
        self._space, self._device, self._metric = space, device, metric
        self.groups = tuple(sorted({group_of(layer) for layer in typical_layers(SameSpace(space))}))
        sums = () if device is None else tuple(f"{metric} of {group}" for group in self.groups)
        self.names = (*self.groups, "macs", "params", "moved", *sums)
        self._numbers: dict[LayerSpec, int] = {}
        self._rows = np.zeros((0, len(self.names)))
        self._networks: dict[bytes, NDArray[np.float64]] = {}
        if isinstance(space, Parts):
            self._parts = np.array([self._of_layers(part) for part in space.parts()])

    def __call__(self, archs: ArrayLike) -> NDArray[np.float64]:
        """Return the sums, float64 `[batch, features]`.

        Raises:
            MissingLayerError: the device does not know a layer.
        """
        if isinstance(self._space, Parts):
            counted: NDArray[np.float64] = self._space.part_counts(archs).astype(np.float64) @ self._parts
            return counted
        rows = self._space.check(archs)
        found = [self._of_network(row) for row in rows]
        return np.array(found, dtype=np.float64).reshape(len(rows), len(self.names))

    def of_device(self, archs: ArrayLike) -> NDArray[np.float64]:
        """Return what the device says of the layers of each group, float64 `[batch, groups]`."""
        return self(archs)[:, -len(self.groups) :]

    def _of_network(self, row: NDArray[np.signedinteger]) -> NDArray[np.float64]:
        key = row.tobytes()
        if key not in self._networks:
            if len(self._networks) >= KEPT:
                self._networks.clear()
            self._networks[key] = self._of_layers(self._space.layers(row))
        return self._networks[key]

    def _of_layers(self, layers: Sequence[LayerSpec]) -> NDArray[np.float64]:
        ready = deployed(layers)
        new = [layer for layer in dict.fromkeys(ready) if layer not in self._numbers]
        if new:
            rows = self._describe(new)
            self._numbers.update({layer: len(self._rows) + i for i, layer in enumerate(new)})
            self._rows = np.concatenate([self._rows, rows])
        total: NDArray[np.float64] = self._rows[[self._numbers[layer] for layer in ready]].sum(axis=0)
        return total

    def _describe(self, layers: Sequence[LayerSpec]) -> NDArray[np.float64]:
        """Return the features of single layers, float64 `[layers, features]`."""
        for layer in layers:
            if group_of(layer) not in self.groups:
                raise MissingLayerError(
                    f"{self._space.name} has a {group_of(layer)} that none of {SAMPLED} networks had; a model that was "
                    "not fitted to any knows nothing of it"
                )
        groups = np.array([[group_of(layer) == group for group in self.groups] for layer in layers], dtype=np.float64)
        sizes = np.array([[layer.macs, layer.params, _moved(layer)] for layer in layers], dtype=np.float64)
        if self._device is None:
            return np.concatenate([groups, sizes], axis=1)
        costs = self._device.costs(layers)[self._metric]
        return np.concatenate([groups, sizes, groups * costs[:, None]], axis=1)


def _moved(layer: LayerSpec) -> int:
    """Return how many numbers a layer reads and writes for one image, weights among them."""
    found = traffic(layer)
    return found.read + found.weights + found.written


def layer_features(
    space: AbstractSpace, *, device: AbstractDevice | None = None, metric: str = "latency_ms"
) -> LayerFeatures:
    """Return `LayerFeatures`, the same object to all who ask for a space, a device and a metric."""
    return _layer_features(SameSpace(space), device, metric)


@functools.lru_cache(maxsize=16)
def _layer_features(of: SameSpace, device: AbstractDevice | None, metric: str) -> LayerFeatures:
    return LayerFeatures(of.space, device=device, metric=metric)


@final
class NetworkFeatures:
    """Everything: counts of operations, then choices, then sums over layers if the space has layers.

    Args:
        space: of the architectures.
        device: says what layers cost.
        metric: which of its metrics.

    Attributes:
        counts: where the counts of operations are.
        layers: where the sums over layers are.

    Raises:
        SettingError: there is a device and the space has no layers, or the device does not know the metric.
    """

    def __init__(
        self, space: AbstractSpace, *, device: AbstractDevice | None = None, metric: str = "latency_ms"
    ) -> None:
        self._space, self._operations = space, operation_counts(space)
        choices_end = len(self._operations.names) + sum(space.cardinalities)
        self.counts, self.layers = slice(0, len(self._operations.names)), slice(choices_end, None)
        self._layers: LayerFeatures | None = None
        if device is not None or has_layers(space):
            self._layers = layer_features(space, device=device, metric=metric)

    def __call__(self, archs: ArrayLike) -> NDArray[np.float64]:
        """Return the features, float64 `[batch, features]`; `MissingLayerError` as of `LayerFeatures`."""
        found = [self._operations(archs), choices(self._space, archs)]
        return np.concatenate(found if self._layers is None else [*found, self._layers(archs)], axis=1)


def has_layers(space: AbstractSpace) -> bool:
    """Tell whether a space knows the layers of its networks."""
    try:
        space.layers(space.sample(np.random.default_rng(0), 1)[0])
    except SettingError:
        return False
    return True


@final
class Standardised:
    """Features less their means over some architectures, by their standard deviations; 0 what was the same in all.

    Args:
        features: of those, float64 `[n, features]`.
    """

    def __init__(self, features: NDArray[np.float64]) -> None:
        self._means, self._scales = features.mean(axis=0), features.std(axis=0)
        self._scales[self._scales <= 1e-12 * np.maximum(np.abs(self._means), 1)] = np.inf

    def __call__(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return them, of the same shape."""
        scaled: NDArray[np.float64] = (features - self._means) / self._scales
        return scaled
