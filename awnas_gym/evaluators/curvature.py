"""How sharp a loss is in the weights of a mixture: the dominant eigenvalue of its Hessian."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

ITERATIONS = 20
TOLERANCE = 0.01
"""Relative change of the eigenvalue between two iterations at which they end."""


def dominant_eigenvalue(product: Callable[[Matrix], Matrix], run: NDArray[np.bool_], rng: np.random.Generator) -> float:
    """Return the eigenvalue of largest magnitude of a function's Hessian, by power iteration.

    Zela et al., ICLR 2020, look at the Hessian by the logits; this is that by what their softmax gives, restricted to
    the directions in which it can move: those that keep the sum of each row.

    Args:
        product: from a direction to the Hessian times it, both float64 `[edges, operations]`.
        run: which entries there are; the others do not move.
        rng: draws the first direction.
    """
    direction = _unit(_along(rng.standard_normal(run.shape), run))
    value = 0.0
    for _ in range(ITERATIONS):
        image = _along(product(direction), run)
        before, value = value, float((direction * image).sum())
        if not image.any():
            return 0.0
        if abs(value - before) <= TOLERANCE * abs(value):
            break
        direction = _unit(image)
    return value


def _along(matrix: Matrix, run: NDArray[np.bool_]) -> Matrix:
    """Return the part of a matrix that keeps the sum of each row and is 0 where nothing is run."""
    held = np.where(run, matrix, 0.0)
    counts = np.maximum(run.sum(axis=1, keepdims=True), 1)
    return np.where(run, held - held.sum(axis=1, keepdims=True) / counts, 0.0)


def _unit(matrix: Matrix) -> Matrix:
    length = np.linalg.norm(matrix)
    return matrix / length if length else matrix
