"""What every runtime is: it measures layers and networks on this machine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from numpy.typing import ArrayLike

from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec


class AbstractRuntime(ABC):
    """Runs layers and networks, in float32, and measures how long they take.

    It is built with `threads` of the CPU, `batch_size` in images, `min_run_s` behind a median, and `device`.

    Attributes:
        card: what a reader must know of the numbers; two runtimes of equal cards measure alike.
        of_networks: parts of the card that are otherwise where whole networks are measured.
    """

    card: dict[str, Any]
    of_networks: Mapping[str, Any] = MappingProxyType({})

    @abstractmethod
    def layers(self, group: Sequence[LayerSpec], company: Sequence[LayerSpec]) -> list[dict[str, float]]:
        """Return `latency_ms`, a median, and perhaps `latency_ms_iqr` and `latency_ms_n`, of each layer of a group.

        Args:
            group: of layers, as they are deployed.
            company: further layers of the same networks, which a runtime may run in between.

        Raises:
            SettingError: a layer is none that this runtime can run.
        """

    @abstractmethod
    def network(self, space: AbstractSpace, arch: ArrayLike) -> dict[str, float]:
        """Return `latency_ms`, a median, of the network of an architecture, int `[decisions]`."""
