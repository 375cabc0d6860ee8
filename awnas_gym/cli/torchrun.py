"""Commands under torchrun."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from awnas_gym.ranks import ALONE, Ranks, read_place


@contextmanager
def launched_ranks() -> Iterator[Ranks]:
    """Give the processes that torchrun has started for this command; one process needs no torch for it."""
    if read_place().size == 1:
        yield ALONE
        return
    from awnas_gym.training.distributed import process_group

    with process_group() as ranks:
        yield ranks
