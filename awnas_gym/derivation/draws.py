"""Architectures that differ, from draws that may repeat themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from awnas_gym.spaces import AbstractSpace, Archs

ROUNDS = 50


def distinct(draw: Callable[[int, int], Archs], n: int, space: AbstractSpace) -> Archs:
    """Return up to `n` architectures of which no two are of one class, int `[up to n, decisions]`.

    Args:
        draw: from the number of the round and of the architectures to as many draws; at most `ROUNDS` rounds.
        n: architectures.
        space: tells which are the same.
    """
    found: dict[str, Archs] = {}
    for round_ in range(ROUNDS):
        for row in draw(round_, n):
            found.setdefault(space.key(row), row)
        if len(found) >= n:
            break
    return np.array(list(found.values())[:n], dtype=space.dtype).reshape(-1, len(space.cardinalities))
