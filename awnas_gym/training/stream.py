"""Training batches without end, from any place on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, final

from torch import Tensor

Batch = tuple[Tensor, Tensor]


class Epochs(Protocol):
    """Data in batches: `training.batches.Batches`, or whatever gives its epochs by number."""

    def __len__(self) -> int:
        """Return the batches of an epoch."""
        ...

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Return the batches of an epoch from one on; its number and the seed decide about order and augmentation."""
        ...


@final
@dataclass(frozen=True, slots=True)
class FirstBatches:
    """The first batches of epoch 0, as often as they are gone through; all of them if `limit` is None."""

    data: Epochs
    limit: int | None = None

    def __iter__(self) -> Iterator[Batch]:
        """Return them, from the first on."""
        return itertools.islice(self.data.epoch(0), self.limit)


@final
class Stream:
    """The batches of epoch 0, then of epoch 1, ….

    Args:
        data: in batches.
        position: batches that are passed over at first.

    Attributes:
        memory: what a network is to be given along with the next batch, see `AbstractTask.memory`: whoever reads the
            stream sets it, and at the beginning of an epoch it is forgotten.
    """

    def __init__(self, data: Epochs, position: int = 0, *, memory: Tensor | None = None) -> None:
        self.data, self.position, self.memory = data, position, memory
        self._batches: Iterator[Batch] = iter(())
        self._inside = False

    @property
    def epoch(self) -> float:
        """Epochs that were given out, with the fraction of the present one."""
        return self.position / len(self.data)

    def ahead(self) -> Stream:
        """Return a stream that begins where this one is, and leaves this one there."""
        return Stream(self.data, self.position, memory=self.memory)

    def remembered(self) -> tuple[Tensor, ...]:
        """Return the memory as the further arguments of a network: one, or none."""
        return () if self.memory is None else (self.memory,)

    def __next__(self) -> Batch:
        """Return the next batch."""
        number, inside = divmod(self.position, len(self.data))
        if not self._inside or inside == 0:
            self._batches = self.data.epoch(number, inside)
            self._inside = True
        if inside == 0:
            self.memory = None
        self.position += 1
        return next(self._batches)
