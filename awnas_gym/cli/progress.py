"""The progress bars of every command, on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def progress_bar(done: Iterator[T], total: int, *, label: str) -> Iterator[T]:
    """Show how many of `total` have come out of `done`, with rate and time left."""
    from tqdm import tqdm

    yield from tqdm(done, total=total, desc=label, smoothing=0.02)


@contextmanager
def told_bar(label: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that is told how much is done, and of how much (0 where nobody knows); show it as above.

    What is done at the first call was done before: it does not count for the rate.

    Args:
        label: of the bar.
        unit: `"B"` for bytes, else a word in the plural.
    """
    from tqdm import tqdm

    bytes_ = unit == "B"
    with tqdm(desc=label, unit=unit if bytes_ else f" {unit}", unit_scale=bytes_, smoothing=0.02) as bar:

        def tell(done: int, total: int) -> None:
            if bar.total is None:
                bar.total, bar.initial, bar.n = total or None, done, done
                bar.refresh()
            bar.update(done - bar.n)

        yield tell
