"""What a data set is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray


@final
@dataclass(frozen=True, slots=True)
class Split:
    """Images uint8 `[n, channels, height, width]` and labels int64 `[n]`."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
