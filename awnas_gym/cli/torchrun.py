"""Commands that several processes may do together, and that are gone on with when they were stopped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

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


@contextmanager
def stoppable(again: str, ranks: Ranks) -> Iterator[None]:
    """End at Ctrl-C with the words how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        if ranks.rank == 0:
            click.echo(again, err=True)
        sys.exit(130)
