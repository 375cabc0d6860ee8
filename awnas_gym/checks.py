"""Checks of settings, where the user wrote them."""

from __future__ import annotations

import math

from awnas_gym.errors import SettingError


def check_whole(name: str, value: object, *, low: int) -> int:
    """Return `value` if it is a whole number from `low`; `SettingError` otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise SettingError(f"{name} is a whole number from {low}; got {value!r}")
    return value


def check_real(
    name: str, value: object, *, low: float = 0.0, high: float = math.inf, exclude_low: bool = False
) -> float:
    """Return `value` as a float if it is a finite number in the closed range, `low` left out if asked."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not low <= value <= high or (exclude_low and value == low):  # type: ignore[operator]
        above = f"above {low:g}" if exclude_low else f"from {low:g}"
        up_to = "" if math.isinf(high) else f" up to {high:g}"
        raise SettingError(f"{name} is a number {above}{up_to}; got {value!r}")
    return float(value)  # type: ignore[arg-type]


def above_zero(name: str, value: object) -> float:
    """Return `value` as a float if it is a finite number above 0; `SettingError` otherwise."""
    return check_real(name, value, exclude_low=True)


def check_optional(name: str, value: object, *, low: float = 0.0, exclude_low: bool = False) -> float | None:
    """Return None as it is, else `check_real`."""
    return None if value is None else check_real(name, value, low=low, exclude_low=exclude_low)


def check_reals(name: str, values: object) -> list[float]:
    """Return `values` as a list if they are a sequence of finite numbers; `SettingError` otherwise."""
    if not isinstance(values, (list, tuple)):
        raise SettingError(f"{name} is a list of numbers; got {values!r}")
    return [check_real(f"{name}[{i}]", value, low=-math.inf) for i, value in enumerate(values)]


def check_flag(name: str, value: object) -> bool:
    """Return `value` if it is True or False; `SettingError` otherwise."""
    if not isinstance(value, bool):
        raise SettingError(f"{name} is True or False; got {value!r}")
    return value
