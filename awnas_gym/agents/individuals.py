"""Architectures and what they earned."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from awnas_gym.spaces import AbstractSpace, Archs

Individual = tuple[Archs, float]
"""An architecture, int `[decisions]`, and its reward."""


def best_different(space: AbstractSpace, individuals: Iterable[Individual], n: int) -> Archs:
    """Return the best of different classes, at most `n`, int `[up to n, decisions]`; of equals the first given."""
    found: dict[str, Archs] = {}
    for arch, _ in sorted(individuals, key=lambda individual: -individual[1]):
        if len(found) == n:
            break
        found.setdefault(space.key(arch), arch)
    return np.array(list(found.values()), dtype=space.dtype).reshape(-1, len(space.cardinalities))
