"""What predictors make small, as slopes: how much the loss changes with each score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOSSES = ("hinge", "mse", "mae")

PAIRS = 4
"""Compared pairs for each architecture of a batch: `max_compare_ratio` of aw_nas's configurations."""

Scores = NDArray[np.float32]


def slopes(loss: str, scores: Scores, wanted: Scores, *, margin: float, rng: np.random.Generator) -> Scores:
    """Return the derivative of a loss with respect to each score, float32 `[members, batch]`; each member has its own.

    `"hinge"` is the mean of `max(0, margin - (better - worse))` over random pairs [Ning et al., ECCV 2020], `PAIRS`
    times as many as there are scores, drawn with replacement (aw_nas: without); pairs of equal rewards add nothing.
    `"mse"` and `"mae"` are means of squared and absolute errors.

    Args:
        loss: one of `LOSSES`.
        scores: `[members, batch]`.
        wanted: `[batch]`.
        margin: of `"hinge"`.
        rng: of the pairs; is consumed.
    """
    if loss == "hinge":
        return _hinge(scores, wanted, margin, rng)
    errors = scores - wanted
    return 2 / len(wanted) * errors if loss == "mse" else np.sign(errors) / np.float32(len(wanted))


def _hinge(scores: Scores, wanted: Scores, margin: float, rng: np.random.Generator) -> Scores:
    one, two = rng.integers(len(wanted), size=(2, PAIRS * len(wanted)))
    sign = np.sign(wanted[one] - wanted[two])
    active = (sign * (scores[:, one] - scores[:, two]) < margin) * sign / len(sign)
    found = [np.bincount(two, each, len(wanted)) - np.bincount(one, each, len(wanted)) for each in active]
    return np.array(found, dtype=np.float32)
