"""States of environments as plain values: what they hold, and what is none."""

from __future__ import annotations

from typing import Any

import numpy as np

from awnas_gym.errors import SettingError
from awnas_gym.spaces import AbstractSpace

STATE: dict[str, type | tuple[type, ...]] = {
    "arch": list,
    "steps": int,
    "was_invalid": bool,
    "fidelity": int,
    "trial": (str, int),
    "np_random": dict,
}
"""Keys of a state, and their types."""


def check_decisions(space: AbstractSpace, arch: list[Any], decided: int) -> None:
    """Raise `SettingError` unless the first `decided` entries of `arch` are legal decisions and the others open."""
    if len(arch) != len(space.cardinalities):
        raise SettingError(f"state: arch has {len(space.cardinalities)} decisions; got {arch}")
    for i, choice in enumerate(arch):
        legal = np.flatnonzero(space.mask(arch[:i])).tolist() if i < decided else [-1]
        if choice not in legal:
            raise SettingError(f"state: decision {i} is {choice!r}; legal: {legal}")


def check_generator(generator: np.random.Generator, state: dict[str, Any]) -> None:
    """Raise `SettingError` unless `state` is one of a generator of this kind."""
    try:
        type(generator.bit_generator)().state = state
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise SettingError(f"state: np_random is no state of its generator: {error}") from error
