"""What an evaluation is expected to bring, by a model's mean and deviation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr


def expected_improvement(mean: NDArray[np.float64], deviation: NDArray[np.float64], best: float) -> NDArray[np.float64]:
    """Return the expected improvement over the reward `best`, float64 `[n]` [Jones et al., JGO 1998, equation 15].

    Args:
        mean: of the model's rewards, `[n]`.
        deviation: their standard deviation, `[n]`; where it is 0 the improvement is certain.
        best: the highest reward so far.
    """
    gain = mean - best
    spread = np.maximum(deviation, 1e-12)
    z = gain / spread
    improvement: NDArray[np.float64] = gain * ndtr(z) + spread * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    return improvement
