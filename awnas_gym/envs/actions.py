"""Reading what an agent sends as an action."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import AgentError


def whole_number(action: Any, choices: int) -> int:  # noqa: ANN401 - what an agent sends
    """Return an action of `Discrete(choices)`; `AgentError` if it is none."""
    try:
        choice = operator.index(action)
    except TypeError:
        array = np.asarray(action)
        if array.shape not in {(), (1,)} or array.dtype.kind not in "iu":
            raise AgentError(f"an action here is one whole number in [0, {choices}); got {action!r}") from None
        choice = int(array.reshape(())[()])
    if not 0 <= choice < choices:
        raise AgentError(f"an action here is one whole number in [0, {choices}); got {action!r}")
    return choice


def repair(choice: int, mask: NDArray[Any]) -> tuple[int, bool]:
    """Return a legal choice, an illegal `a` as `legal[a % len(legal)]`, and whether it was legal."""
    if choice < len(mask) and mask[choice]:
        return choice, True
    legal = np.flatnonzero(mask)
    return int(legal[choice % len(legal)]), False
