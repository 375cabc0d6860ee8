"""Checks of predictors' settings."""

from __future__ import annotations

import math

from awnas_gym.errors import SettingError


def check_positive(name: str, value: object) -> float:
    """Return `value` as a float if it is a finite number above 0; `SettingError` otherwise."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or value <= 0:  # type: ignore[operator]
        raise SettingError(f"{name} is a number above 0; got {value!r}")
    return float(value)  # type: ignore[arg-type]
