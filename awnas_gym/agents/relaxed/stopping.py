"""Early stopping of DARTS by the curvature of the loss [DARTS-ES, Zela et al., ICLR 2020, section 4.3]."""

from __future__ import annotations

from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from awnas_gym.checks import above_zero, check_whole


@final
class EigenvalueStop:
    """Ends a search when the dominant eigenvalue has grown too fast, and goes back to before it did.

    Args:
        ratio: of the mean of `window` eigenvalues to that of the `window` ones after them, below which the search
            ends; the paper's is 0.75.
        window: eigenvalues in a mean; the paper's is 5, one an epoch.

    Attributes:
        stopped: whether it ended.
    """

    def __init__(self, ratio: float, window: int) -> None:
        self.ratio, self.window = (
            above_zero("stop_ratio", ratio),
            check_whole("stop_window", window, low=1),
        )
        self.stopped = False
        self._seen: list[tuple[float, Tensor]] = []

    def hear(self, eigenvalue: float, strengths: Tensor) -> None:
        """Hear an eigenvalue, and the matrix `[edges, operations]` that would be discretised then."""
        self._seen.append((eigenvalue, strengths.detach().clone()))
        values = [value for value, _ in self._seen]
        if len(values) < 2 * self.window:
            return
        before, after = np.mean(values[-2 * self.window : -self.window]), np.mean(values[-self.window :])
        self.stopped = bool(before < self.ratio * after)

    @property
    def heard(self) -> bool:
        """Whether there was an eigenvalue."""
        return bool(self._seen)

    @property
    def state(self) -> dict[str, Any]:
        """What was heard, as values of JSON."""
        seen = [(value, strengths.tolist()) for value, strengths in self._seen]
        return {"stopped": self.stopped, "seen": seen}

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self.stopped = state["stopped"]
        self._seen = [(value, torch.tensor(strengths)) for value, strengths in state["seen"]]

    @property
    def strengths(self) -> Tensor:
        """The matrix of `window` eigenvalues before the last one."""
        return self._seen[-1 - self.window][1]
