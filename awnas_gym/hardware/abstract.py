"""What every device is: it says what a layer costs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.spaces.layers import LayerSpec


class AbstractDevice(ABC):
    """Says what layers cost on some hardware.

    Attributes:
        name: by which it was asked for.
        yields: names of the metrics it knows, e.g. `latency_ms`.
        card: what a reader must know of the numbers: hardware, software, batch size, how they were measured.
        version: identifies the numbers, e.g. a checksum; "" if nothing does.
    """

    name: str
    yields: frozenset[str]
    card: dict[str, Any]
    version: str = ""

    @abstractmethod
    def costs(self, layers: Sequence[LayerSpec]) -> dict[str, NDArray[np.float64]]:
        """Return what each layer costs.

        Args:
            layers: as they run at inference, see `deployed`.

        Returns:
            Metric -> float64 `[layers]`, in the unit of its name.

        Raises:
            MissingLayerError: nothing is known of a layer; it is never 0.
        """
