"""The progress bar of every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def progress_bar(done: Iterator[T], total: int, *, label: str) -> Iterator[T]:
    """Show how many of `total` have come out of `done`, with rate and time left; on stderr."""
    from tqdm import tqdm

    yield from tqdm(done, total=total, desc=label, smoothing=0.02)
