"""Disjoint parts of a data set."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from awnas_gym.data.split import Split
from awnas_gym.errors import SettingError
from awnas_gym.seeding import generator


def parts(split: Split, fractions: Mapping[str, float], *, seed: int) -> dict[str, Split]:
    """Return disjoint parts of a split, each with the same share of every label.

    Args:
        split: is shared out.
        fractions: name -> share of it; they sum to 1 at most.
        seed: says which images go where.

    Raises:
        SettingError: shares that are not in (0, 1], or that sum to more than 1.
    """
    if not fractions or min(fractions.values()) <= 0 or sum(fractions.values()) > 1 + 1e-9:
        raise SettingError(f"shares are above 0 and sum to 1 at most; got {dict(fractions)}")
    rng = generator(seed, "parts")
    ends = np.cumsum([0.0, *fractions.values()])
    chosen: dict[str, list[NDArray[np.int64]]] = {name: [] for name in fractions}
    for label in np.unique(split.labels):
        images = rng.permutation(np.flatnonzero(split.labels == label))
        cuts = np.rint(ends * len(images)).astype(int)
        for name, start, end in zip(fractions, cuts[:-1], cuts[1:], strict=True):
            chosen[name].append(images[start:end])
    found = {name: np.sort(np.concatenate(some)) for name, some in chosen.items()}
    return {name: Split(split.images[index], split.labels[index]) for name, index in found.items()}
