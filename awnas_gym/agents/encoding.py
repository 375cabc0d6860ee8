"""Architectures as numbers for models of scikit-learn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awnas_gym.spaces import Archs


def one_hot(archs: Archs, cardinalities: tuple[int, ...]) -> NDArray[np.float32]:
    """Return decisions as float32 `[n, sum of cardinalities]`, 1 at each choice that is taken.

    >>> one_hot(np.array([[1, 0]]), (3, 2)).tolist()
    [[0.0, 1.0, 0.0, 1.0, 0.0]]
    """
    starts = np.cumsum((0, *cardinalities[:-1]))
    columns = np.zeros((len(archs), sum(cardinalities)), dtype=np.float32)
    np.put_along_axis(columns, archs + starts, 1.0, axis=1)
    return columns
