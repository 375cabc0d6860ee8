"""Slopes of losses, against differences."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.predictors.losses import LOSSES, PAIRS, slopes


def loss_of(loss, scores, wanted, margin, rng):
    """Return the loss, written out."""
    if loss != "hinge":
        errors = [score - want for score, want in zip(scores, wanted, strict=True)]
        return float(np.mean([error**2 if loss == "mse" else abs(error) for error in errors]))
    total, pairs = 0.0, rng.integers(len(wanted), size=(2, PAIRS * len(wanted))).T
    for one, two in pairs.tolist():
        if wanted[one] != wanted[two]:
            better, worse = (one, two) if wanted[one] > wanted[two] else (two, one)
            total += max(0.0, margin - (scores[better] - scores[worse]))
    return total / len(pairs)


@pytest.mark.parametrize("loss", LOSSES)
def test_slopes_are_those_of_the_loss(loss: str) -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(2, 12)).astype(np.float32)
    wanted = rng.integers(5, size=12).astype(np.float32)
    found = slopes(loss, scores, wanted, margin=0.1, rng=np.random.default_rng(7))
    assert found.dtype == np.float32
    assert found.shape == (2, 12)
    for member in range(2):
        for i in range(12):
            either = []
            for step in (-1e-5, 1e-5):
                moved = scores[member].astype(np.float64)
                moved[i] += step
                either.append(loss_of(loss, moved, wanted, 0.1, np.random.default_rng(7)))
            assert found[member, i] == pytest.approx((either[1] - either[0]) / 2e-5, abs=1e-4)
