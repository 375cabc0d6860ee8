"""Torch's own generator, which layers such as dropout draw by, for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def own_randomness(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's own generator, that of the CPU and that of the device; afterwards it is as before."""
    if device.type != "cpu":
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            yield
        return
    before = torch.default_generator.get_state()
    torch.default_generator.manual_seed(seed)  # a hundredth of the time of torch.manual_seed, which seeds all devices
    try:
        yield
    finally:
        torch.default_generator.set_state(before)
