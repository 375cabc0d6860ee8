"""What a mixture of operations costs: known exactly, for each operation on each edge has a cost of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import MissingDataError, SettingError
from awnas_gym.metrics import METRICS, metric_info
from awnas_gym.spaces.layers import LayerSpec, total_macs, total_params
from awnas_gym.spaces.relaxable import Relaxable

COUNTED = {"macs": total_macs, "params": total_params}
"""Costs that are the sum of those of the layers of a network."""

SAMPLED = 50
"""Architectures over which what is not chosen is a mean."""


@final
@dataclass(frozen=True, slots=True)
class MixtureCost:
    """The expected cost of a mixture, where its weights are odds; of ones and zeros, the cost of a network.

    Attributes:
        metric: its name, which says the unit.
        entries: what each operation on each edge costs, float64 `[edges, operations]`; the slope of the cost.
        fixed: what is not chosen costs.
    """

    metric: str
    entries: NDArray[np.float64]
    fixed: float = 0.0

    def __call__(self, weights: NDArray[np.float64]) -> float:
        """Return the cost of weights `[edges, operations]`."""
        return self.fixed + float((weights * self.entries).sum())

    def of_equal_weights(self, legal: NDArray[np.bool_]) -> float:
        """Return the cost where all operations that are `legal` on an edge weigh the same, and 1 together."""
        return self(legal / legal.sum(axis=1, keepdims=True))


def counted_cost(space: Any, metric: str) -> MixtureCost:  # noqa: ANN401 - an AbstractSpace that is Relaxable
    """Return `macs` or `params` of the mixtures of a space; `SettingError` for another metric."""
    if metric not in COUNTED:
        names = ", ".join(f"{name} ({METRICS[name].unit})" for name in COUNTED)
        raise SettingError(f"cost={metric!r} is not known of mixtures; legal: {names}")
    return summed_cost(space, metric, COUNTED[metric])


def summed_cost(space: Any, metric: str, total: Callable[[list[LayerSpec]], float]) -> MixtureCost:  # noqa: ANN401
    """Return a cost of mixtures that is the sum of those of layers.

    What is not chosen is a mean over architectures: sums and shared ReLUs are as many as the chosen edges make it.

    Args:
        space: of the mixtures.
        metric: name of the cost.
        total: what some layers cost.
    """
    entries = np.zeros(space.edge_legal.shape)
    for edge, operation in np.argwhere(space.edge_legal).tolist():
        entries[edge, operation] = total(space.edge_layers(edge, operation))
    archs = space.sample(np.random.default_rng(0), SAMPLED)
    fixed = [total(space.layers(arch)) - (entries * space.relax(arch)).sum() for arch in archs]
    return MixtureCost(metric, entries, float(np.mean(fixed)))


def read_cost(path: Path, metric: str, space: Relaxable) -> MixtureCost:
    """Return the cost in a text file: a line an edge, on it a number an operation, as in aw_nas; `#` begins a remark.

    What is not chosen counts as 0, as it is not in the file.

    Raises:
        UnknownNameError: no such metric.
        MissingDataError: no such file.
        SettingError: it holds no such table of numbers from 0.
    """
    metric_info(metric)
    if not path.is_file():
        raise MissingDataError(f"no file at {path}")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [[float(number) for number in line.partition("#")[0].split()] for line in lines]
    except (OSError, ValueError) as error:
        raise SettingError(f"{path} holds no table of numbers: {error}") from error
    rows = [row for row in rows if row]
    edges, operations = space.edge_legal.shape
    if [len(row) for row in rows] != [operations] * edges:
        sizes = " or ".join(map(str, sorted({len(row) for row in rows}))) or "no"
        raise SettingError(
            f"{path} has {len(rows)} lines of {sizes} numbers; wanted are {edges}, for {space.edge_names[0]} to "
            f"{space.edge_names[-1]}, of {operations}, for {', '.join(space.edge_operations)}"
        )
    entries = np.array(rows)
    if not (np.isfinite(entries) & (entries >= 0)).all():
        edge, operation = np.argwhere(~(np.isfinite(entries) & (entries >= 0)))[0]
        where = f"{space.edge_operations[operation]} on {space.edge_names[edge]}"
        raise SettingError(f"{path}: the cost of {where} is {entries[edge, operation]}; costs are numbers from 0")
    return MixtureCost(metric, entries)
