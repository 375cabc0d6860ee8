"""Runtime `rehearsal`: a nanosecond for each multiplication, without a clock; to see what a profile would measure."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from awnas_gym.hardware import deployed
from awnas_gym.profiling.abstract import AbstractRuntime
from awnas_gym.spaces import AbstractSpace, LayerSpec
from awnas_gym.tables import Row

ROWS = {"runtime": {"rehearsal": Row(f"{__name__}:Rehearsal", "a nanosecond for each multiplication")}}


class Rehearsal(AbstractRuntime):
    """Multiplies nothing.

    Args:
        threads: that share the multiplications.
        batch_size: images, each of which is multiplied.
        min_run_s: not asked, for it takes no time.
        device: for the card.
    """

    def __init__(self, *, threads: int, batch_size: int, min_run_s: float, device: str) -> None:
        del min_run_s
        self.ms = 1e-6 * batch_size / threads
        self.card = {"device": device, "runtime": "rehearsal", "threads": threads, "batch_size": batch_size}

    def layers(self, group: Sequence[LayerSpec], company: Sequence[LayerSpec]) -> list[dict[str, float]]:
        """Return `latency_ms` of each layer."""
        del company
        return [{"latency_ms": self.ms * layer.macs} for layer in group]

    def network(self, space: AbstractSpace, arch: ArrayLike) -> dict[str, float]:
        """Return `latency_ms` of a network."""
        return {"latency_ms": self.ms * sum(layer.macs for layer in deployed(space.layers(arch)))}
