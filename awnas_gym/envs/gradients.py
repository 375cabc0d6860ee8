"""Gradients in a line of a history: what an agent saw must be there again when a run is replayed."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

TYPES: dict[str, np.dtype[Any]] = {"f4": np.dtype("<f4"), "f8": np.dtype("<f8")}


def to_text(gradient: NDArray[np.float64]) -> str:
    """Return numbers as text, exactly: `f4:` or `f8:` and their bytes in base64; those of float32 are half as long."""
    kind = "f4" if np.array_equal(gradient.astype(np.float32).astype(np.float64), gradient) else "f8"
    return f"{kind}:{base64.b64encode(gradient.astype(TYPES[kind]).tobytes()).decode()}"


def from_text(text: str) -> NDArray[np.float64]:
    """Return the numbers, flat float64.

    Raises:
        ValueError: it is no such text.
    """
    kind, _, rest = text.partition(":")
    if kind not in TYPES:
        raise ValueError(f"a gradient begins with one of {', '.join(TYPES)}; got {text[:10]!r}")
    return np.frombuffer(base64.b64decode(rest, validate=True), dtype=TYPES[kind]).astype(np.float64)
