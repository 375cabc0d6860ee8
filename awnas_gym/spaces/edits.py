"""Edits of an architecture: one decision gets another value. An edit is a number, `offset of decision + value`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awnas_gym.spaces.abstract import AbstractSpace, Archs


def edit_offsets(space: AbstractSpace) -> NDArray[np.int64]:
    """Return the number of each decision's first edit, int64 `[decisions]`."""
    return np.concatenate([[0], np.cumsum(space.cardinalities)[:-1]]).astype(np.int64)


def edit_masks(space: AbstractSpace, archs: Archs) -> NDArray[np.bool_]:
    """Return which edits of each row are legal, bool `[batch, sum of cardinalities]`.

    A legal edit changes its decision, and every other decision stays legal as it is. Where an architecture has no
    legal edit, those that change nothing are legal, so that there is always one.

    Args:
        space: of the architectures.
        archs: legal architectures, int `[batch, decisions]`.
    """
    n, choices = len(archs), sum(space.cardinalities)
    current = np.zeros((n, choices), dtype=np.bool_)
    current[np.arange(n)[:, None], edit_offsets(space) + archs] = True
    masks = ~current
    if not space.unconstrained:
        masks &= space.legal(space.edited(archs).reshape(n * choices, -1)).reshape(n, choices)
    stuck = ~masks.any(axis=1)
    masks[stuck] = current[stuck]
    return masks
