"""The dominant eigenvalue of a Hessian."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.evaluators.curvature import dominant_eigenvalue

SHAPE = (3, 4)


def quadratic(seed: int, run: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the Hessian of a quadratic function, and its largest eigenvalue where rows keep their sums."""
    rng = np.random.default_rng(seed)
    half = rng.standard_normal((12, 12))
    hessian = half @ half.T
    keeps = np.zeros((12, 12))
    for row in range(3):
        cells = [4 * row + i for i in range(4) if run[row, i]]
        keeps[np.ix_(cells, cells)] = np.eye(len(cells)) - 1 / len(cells) if cells else 0
    return hessian, float(np.linalg.eigvalsh(keeps @ hessian @ keeps).max())


@pytest.mark.parametrize("seed", range(4))
def test_power_iteration_finds_it_where_rows_keep_their_sums(seed: int) -> None:
    run = np.ones(SHAPE, dtype=bool)
    run[seed % 3, 1] = seed == 0
    hessian, expected = quadratic(seed, run)

    def product(direction: np.ndarray) -> np.ndarray:
        assert not direction[~run].any()
        assert np.allclose(direction.sum(axis=1), 0)
        return (hessian @ direction.ravel()).reshape(SHAPE)

    found = dominant_eigenvalue(product, run, np.random.default_rng(0))
    assert found == pytest.approx(expected, rel=0.1)


def test_a_plane_has_none() -> None:
    assert dominant_eigenvalue(lambda _: np.zeros(SHAPE), np.ones(SHAPE, dtype=bool), np.random.default_rng(0)) == 0
