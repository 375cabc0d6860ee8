"""Spaces whose networks are made of parts that can be counted: what many of them cost is a product of matrices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.spaces.layers import LayerSpec


class Parts(ABC):
    """A space that knows of many architectures at once which parts their networks have.

    A part is some layers one after another, none of which folds into a layer of another part.
    """

    @abstractmethod
    def parts(self) -> list[list[LayerSpec]]:
        """Return every part that a network of the space can have."""

    @abstractmethod
    def part_counts(self, archs: ArrayLike) -> NDArray[np.int32]:
        """Return how often each network has each part.

        Args:
            archs: int `[batch, decisions]`.

        Returns:
            int32 `[batch, parts]`; the layers of the parts, so often, are those of `layers`.
        """


def one_hot(choices: NDArray[np.integer], cardinalities: Sequence[int]) -> NDArray[np.int32]:
    """Return ones where decisions are so: int `[batch, decisions]` -> int32 `[batch, sum of cardinalities]`."""
    columns = [choices[:, i, None] == np.arange(n) for i, n in enumerate(cardinalities)]
    return np.concatenate(columns, axis=1).astype(np.int32)
