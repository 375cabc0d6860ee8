"""A runtime that computes what things cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import final

from numpy.typing import ArrayLike

from awnas_gym.profiling.abstract import AbstractRuntime
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec, total_macs


def unwatched(done: Iterator[None], total: int) -> Iterator[None]:
    """Show no progress."""
    assert total >= 0
    return done


@final
class FakeRuntime(AbstractRuntime):
    """A millisecond a thousand multiply-accumulates, and one more each time that the same is measured.

    Args:
        threads: for the card.
        stop: after so many measurements, as by Ctrl-C.
        slower: layers too take a millisecond more each time.
    """

    def __init__(self, *, threads: int = 1, stop: int | None = None, slower: bool = False) -> None:
        self.card = {"device": "fake", "threads": threads}
        self.stop, self.slower, self.done = stop, slower, list[object]()
        self.groups: list[tuple[int, int]] = []

    def layers(self, group: Sequence[LayerSpec], company: Sequence[LayerSpec]) -> list[dict[str, float]]:
        assert not set(group) & set(company)
        self.groups.append((len(group), len(company)))
        return [self._layer(layer) for layer in group]

    def _layer(self, layer: LayerSpec) -> dict[str, float]:
        more = self.done.count(layer) * self.slower
        self._count(layer)
        return {"latency_ms": layer.macs / 1e3 + more, "latency_ms_iqr": 0.0, "latency_ms_n": 5.0}

    def network(self, space: AbstractSpace, arch: ArrayLike) -> dict[str, float]:
        name = space.genotype(arch)
        self._count(name)
        return {"latency_ms": total_macs(space.layers(arch)) / 1e3 + self.done.count(name)}

    def _count(self, what: object) -> None:
        if self.stop is not None and len(self.done) >= self.stop:
            raise KeyboardInterrupt
        self.done.append(what)
