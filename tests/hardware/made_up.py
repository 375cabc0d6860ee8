"""Architectures with made-up costs that can be recomputed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.hardware import LayerTable, layers_of
from awnas_gym.hardware.models.from_devices import learn_devices
from awnas_gym.spaces.nasbench201 import NASBench201

SPACE = NASBench201(channels=4, cells=1, image_channels=1, image_size=14, reduction="projection")


def device(*, seed: int = 0) -> LayerTable:
    """Return a device that knows all layers of `SPACE`."""
    rng = np.random.default_rng(seed)
    return LayerTable("made-up", {layer: {"latency_ms": float(rng.uniform(0.1, 1))} for layer in layers_of(SPACE)}, {})


def archs(n: int, *, seed: int = 0) -> NDArray[np.signedinteger]:
    """Return different architectures of `SPACE`."""
    return SPACE.unindex(np.random.default_rng(seed).permutation(SPACE.size)[:n])


def by_counts(rows: NDArray[np.signedinteger], *, noise: float = 0.0, seed: int = 0) -> NDArray[np.float64]:
    """Return 10 ms and so much for each operation of a cell, with noise in ms."""
    each = np.array([0.0, 0.5, 1.0, 3.0, 2.0])
    return 10 + each[rows].sum(axis=1) + noise * np.random.default_rng(seed).standard_normal(len(rows))


def settings_of(name: str) -> dict[str, Any]:
    """Return settings with which a model can be fitted, `{}` for most."""
    if name != "from_devices":
        return {}
    rng = np.random.default_rng(0)
    rows = archs(100)
    known = {f"device {i}": (rows, 9 + rng.uniform(0, 3, 5)[rows].sum(axis=1)) for i in range(4)}
    return learn_devices(SPACE, known, by="counts")
