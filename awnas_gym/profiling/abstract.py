"""What every runtime is: it measures layers and networks on this machine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import ArrayLike

from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec


class AbstractRuntime(ABC):
    """Runs layers and networks, in float32, and measures how long they take.

    Attributes:
        card: what a reader must know of the numbers; two runtimes of equal cards measure alike.
    """

    card: dict[str, Any]

    @abstractmethod
    def layer(self, layer: LayerSpec) -> dict[str, float]:
        """Return `latency_ms`, a median, `latency_ms_iqr` and `latency_ms_n` of a layer as it is deployed.

        Raises:
            SettingError: the layer is none that this runtime can run.
        """

    @abstractmethod
    def network(self, space: AbstractSpace, arch: ArrayLike) -> dict[str, float]:
        """Return `latency_ms`, a median, of the network of an architecture, int `[decisions]`."""
