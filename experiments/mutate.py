"""Damage of files: random changes of bytes, and of values within containers."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

NUMBERS = (-1, 0, 1, 127, 2**31 - 1, 2**31, 2**63, 2**70, -0.5, 1e308, 5e-324, float("nan"), float("inf"))
ODD = (*NUMBERS, None, True, "", "x" * 300, "٣", "\udc80", "None", "../a", "1e999", b"\xff\x00", [], {}, (), [[[0]]])
"""What is put in the place of a value."""

TOKENS = (
    b"",
    b"\x00",
    b"\xff" * 8,
    b"\x7f\xff\xff\xff",
    b"-1",
    b"nan",
    b"1e999",
    b'"',
    b",",
    b"\n",
    b"[",
    b"}",
    b"\x80\x04",
)
"""What is put among bytes."""


def mutate(value: Any, rng: np.random.Generator) -> Any:  # noqa: ANN401 - bytes or containers
    """Return bytes with one to four changes, or a container with one change somewhere in it."""
    if isinstance(value, bytes):
        for _ in range(int(rng.integers(1, 5))):
            value = _changed_bytes(value, rng)
        return value
    return _changed(value, rng)


def _changed_bytes(data: bytes, rng: np.random.Generator) -> bytes:
    start = int(rng.integers(len(data) + 1))
    end = min(len(data), start + int(rng.geometric(0.15)))
    kind = rng.integers(8)
    if kind < 3:  # other bytes of the same length
        return data[:start] + rng.bytes(end - start) + data[end:]
    if kind == 3 and start < len(data):  # a bit
        return data[:start] + bytes([data[start] ^ 1 << int(rng.integers(8))]) + data[start + 1 :]
    if kind == 4:
        return data[:start] + data[end:]
    if kind == 5:
        return data[:end] + data[start:]
    if kind == 6 and rng.random() < 0.5:
        return data[:start]
    return data[:start] + TOKENS[rng.integers(len(TOKENS))] + data[end if rng.random() < 0.5 else start :]


def _changed(value: Any, rng: np.random.Generator) -> Any:  # noqa: ANN401 - whatever is in a container
    """Go down into containers, mostly, and change what is there."""
    if isinstance(value, (dict, list, tuple)) and len(value) and rng.random() < 0.9:
        parts = dict(value) if isinstance(value, dict) else dict(enumerate(value))
        key = list(parts)[rng.integers(len(parts))]
        kind = rng.integers(12)
        if kind == 0:
            del parts[key]
        elif kind == 1:
            parts[_odd(rng) if isinstance(value, dict) else len(parts)] = parts[key]
        else:
            parts[key] = _changed(parts[key], rng)
        return type(value)(parts) if isinstance(value, dict) else type(value)(parts.values())
    kind = rng.integers(6)
    if kind == 0 and isinstance(value, str):
        return mutate(value.encode("utf-8", "surrogatepass"), rng).decode("latin1")
    if kind == 1 and isinstance(value, (int, float)):
        return value * rng.choice([-1, 0.1, 100]) + rng.choice([0, 1])
    return functools.reduce(lambda inner, _: [inner], range(300), 0) if rng.random() < 0.02 else _odd(rng)


def _odd(rng: np.random.Generator) -> Any:  # noqa: ANN401
    return ODD[rng.integers(len(ODD))]
