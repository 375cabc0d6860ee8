"""What to do when memory ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from awnas_gym.errors import TrainingError


@contextlib.contextmanager
def out_of_memory_says(advice: str) -> Iterator[None]:
    """Turn torch's error about too little memory, of a GPU or of the machine, into one with advice.

    Args:
        advice: what to lower.

    Raises:
        TrainingError: instead of it.
    """
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error):
            reason = str(error).strip().splitlines()[0]
            raise TrainingError(f"out of memory; {advice}: {reason}") from error
        raise
