"""Devices that are two numbers and an overhead: the roofline model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.traffic import traffic
from awnas_gym.spaces.layers import LayerSpec


@final
@dataclass(frozen=True, slots=True)
class Peaks:
    """What hardware can do at best.

    Attributes:
        device: its name.
        gflops: 10^9 operations a second, a multiply-accumulate being two.
        gb_per_s: 10^9 bytes a second from memory.
        overhead_us: microseconds that each layer takes whatever it does, to start it.
        source: of the numbers.
    """

    device: str
    gflops: float
    gb_per_s: float
    overhead_us: float
    source: str


PEAKS = {
    "roofline-v100": Peaks(
        "NVIDIA Tesla V100 (PCIe), 32-bit floats", 14_000, 900, 5,
        "NVIDIA Tesla V100 data sheet (2018); the overhead is an assumption of the usual size",
    ),
    "roofline-raspi4": Peaks(
        "Raspberry Pi 4, 4 cores, 32-bit floats", 48, 12.8, 1,
        "4 Cortex-A72 of 1.5 GHz with 8 operations a cycle, LPDDR4-3200 of 32 bits; the overhead is an assumption",
    ),
}  # fmt: skip


@final
class Roofline(AbstractDevice):
    """`latency = overhead + max(operations / peak, bytes / bandwidth)` of each layer [Williams et al., CACM 2009].

    A lower bound of what hardware needs, for it rarely reaches its peaks; layers follow each other in rank much better
    than in size. Each number is moved once, and nothing stays in a cache between layers.

    Args:
        name: of the device.
        peaks: of the hardware.
        batch_size: images at once.
        bytes_a_number: 4 of 32-bit floats.

    Raises:
        SettingError: a number not above 0 (the overhead: below).
    """

    yields = frozenset({"latency_ms"})

    def __init__(self, name: str, peaks: Peaks, *, batch_size: int = 1, bytes_a_number: int = 4) -> None:
        positive = {"gflops": peaks.gflops, "gb_per_s": peaks.gb_per_s, "batch_size": batch_size}
        for setting, value in {**positive, "bytes_a_number": bytes_a_number}.items():
            if not value > 0:
                raise SettingError(f"{name}: {setting} is a number above 0; got {value}")
        if not peaks.overhead_us >= 0:
            raise SettingError(f"{name}: overhead_us is a number from 0; got {peaks.overhead_us}")
        self.name, self._peaks = name, peaks
        self._batch_size, self._bytes = batch_size, bytes_a_number
        sizes = {"batch_size": batch_size, "bytes_a_number": bytes_a_number}
        self.card: dict[str, Any] = {**asdict(peaks), **sizes, "method": "roofline [Williams et al. 2009]"}
        self.version = str(self.card)

    def costs(self, layers: Sequence[LayerSpec]) -> dict[str, NDArray[np.float64]]:
        """Return `latency_ms` of each layer, for a batch."""
        return {"latency_ms": np.array([self._latency_ms(layer) for layer in layers], dtype=np.float64)}

    def _latency_ms(self, layer: LayerSpec) -> float:
        moved = traffic(layer)
        numbers = self._batch_size * (moved.read + moved.written) + moved.weights
        computing_s = 2 * self._batch_size * layer.macs / (self._peaks.gflops * 1e9)
        moving_s = numbers * self._bytes / (self._peaks.gb_per_s * 1e9)
        return self._peaks.overhead_us / 1e3 + max(computing_s, moving_s) * 1e3


def shipped_roofline(name: str) -> Roofline:
    """Return a device of `PEAKS`."""
    return Roofline(name, PEAKS[name])
