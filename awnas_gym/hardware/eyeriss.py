"""An accelerator with a hierarchy of memories: energy by how far each number travels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.traffic import traffic
from awnas_gym.spaces.layers import LayerSpec

MAC_PJ = 1.5
"""Energy of a 16-bit floating-point multiplication (1.1) and addition (0.4) in 45 nm [Horowitz, ISSCC 2014]."""

REGISTER, ARRAY, BUFFER, DRAM = 1, 2, 6, 200
"""Energy of moving a number, in that of a multiply-accumulate: from a register of the same processing element, from a
neighbour, from the buffer on the chip, from memory [Chen, Emer & Sze, ISCA 2016, table IV]."""

REGISTERS_A_MAC = 4
"""A multiply-accumulate reads an input, a weight and a partial sum from registers, and writes the sum."""

ELEMENTS, CLOCK_HZ = 168, 200e6
"""Processing elements, and their clock [Chen et al., JSSC 2017]."""


@final
class Eyeriss(AbstractDevice):
    """An accelerator in the manner of Eyeriss: 168 processing elements with registers, one buffer, memory.

    `energy = macs * (1 + 4 * register) + numbers * (dram + buffer + array)`, in energies of a multiply-accumulate: what
    a layer reads and writes travels the whole way once, everything else happens in registers. That is the best that a
    dataflow can do, and what row stationary comes near to for convolutions; layers too large for the buffer need more.
    `latency = macs / (elements * clock)`: all elements busy, memory hidden behind; layers without multiplications,
    which run elsewhere or on the way, take the time of moving one number a cycle and element.

    One image of 16-bit numbers. A model, not measured on a chip.

    Args:
        name: of the device.
    """

    yields = frozenset({"energy_mj", "latency_ms"})

    def __init__(self, name: str = "eyeriss") -> None:
        self.name = name
        self.card = {
            "device": "an accelerator in the manner of Eyeriss, 168 elements at 200 MHz, 16 bits",
            "batch_size": 1,
            "method": "energy by memory level [Chen, Emer & Sze, ISCA 2016; Horowitz, ISSCC 2014]",
        }
        self.version = f"eyeriss {MAC_PJ} {REGISTER} {ARRAY} {BUFFER} {DRAM} {REGISTERS_A_MAC} {ELEMENTS} {CLOCK_HZ}"

    def costs(self, layers: Sequence[LayerSpec]) -> dict[str, NDArray[np.float64]]:
        """Return `energy_mj` and `latency_ms` of each layer."""
        macs = np.array([layer.macs for layer in layers], dtype=np.float64)
        moved = np.array([sum(traffic(layer)) for layer in layers], dtype=np.float64)
        units = macs * (1 + REGISTERS_A_MAC * REGISTER) + moved * (DRAM + BUFFER + ARRAY)
        cycles = np.where(macs > 0, macs, moved) / ELEMENTS
        return {"energy_mj": units * MAC_PJ * 1e-9, "latency_ms": cycles / CLOCK_HZ * 1e3}
