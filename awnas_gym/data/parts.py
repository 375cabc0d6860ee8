"""Disjoint parts of a data set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from awnas_gym.data.image_files import ImageFiles
from awnas_gym.data.split import Split
from awnas_gym.errors import SettingError
from awnas_gym.seeding import generator

AnySplit = TypeVar("AnySplit", Split, ImageFiles)


def parts(split: AnySplit, fractions: Mapping[str, float], *, seed: int) -> dict[str, AnySplit]:
    """Return disjoint parts of a split, each with the same share of every label.

    A part's images are in the order of the split. Of a label with n images a part gets its share of n, rounded; the
    seed says which.

    Args:
        split: is shared out.
        fractions: name -> share of it; they sum to 1 at most.
        seed: says which images go where.

    Raises:
        SettingError: shares that are not in (0, 1], or that sum to more than 1; a part that would get no image.
    """
    found = _shared_out(split.labels, dict(fractions), generator(seed, "parts"))
    if empty := [name for name, index in found.items() if not len(index)]:
        raise SettingError(f"no image is left for {', '.join(empty)}: {len(split)} in shares of {dict(fractions)}")
    return {name: split.take(index) for name, index in found.items()}


def _shared_out(
    labels: NDArray[np.int64], fractions: dict[str, float], rng: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    """Return which images each part gets, sorted."""
    shares = list(fractions.values())
    if not shares or not all(0 < share <= 1 for share in shares) or math.fsum(shares) > 1 + 1e-9:
        raise SettingError(f"shares are above 0 and sum to 1 at most; got {fractions}")
    ends = np.cumsum([0.0, *shares])
    chosen: dict[str, list[NDArray[np.int64]]] = {name: [np.empty(0, np.int64)] for name in fractions}
    for label in np.unique(labels):
        images = rng.permutation(np.flatnonzero(labels == label))
        cuts = np.rint(ends * len(images)).astype(int)
        for name, start, end in zip(fractions, cuts[:-1], cuts[1:], strict=True):
            chosen[name].append(images[start:end])
    return {name: np.sort(np.concatenate(some)) for name, some in chosen.items()}
