"""Device `abacus`: a second for each multiplication; what does not multiply takes a second for each number written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from awnas_gym.hardware import AbstractDevice
from awnas_gym.spaces import LayerSpec
from awnas_gym.tables import Row

ROWS = {"device": {"abacus": Row(f"{__name__}:Abacus", "a second for each multiplication")}}


class Abacus(AbstractDevice):
    """Counts on beads.

    Args:
        name: of the row.
    """

    yields = frozenset({"latency_ms"})
    version = "abacus 1"

    def __init__(self, name: str) -> None:
        self.name = name
        self.card = {"device": "an abacus"}

    def costs(self, layers: Sequence[LayerSpec]) -> dict[str, NDArray[np.float64]]:
        """Return the milliseconds that each layer takes."""
        counted = [layer.macs or layer.c_out * layer.out_height * layer.out_width for layer in layers]
        return {"latency_ms": 1000.0 * np.array(counted, dtype=np.float64)}
