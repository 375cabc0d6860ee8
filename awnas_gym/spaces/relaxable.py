"""Spaces of which a gradient method can search a continuous relaxation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import AgentError
from awnas_gym.spaces.abstract import Archs
from awnas_gym.spaces.layers import LayerSpec

SMALLEST = float(np.finfo(np.float32).tiny)
"""A weight that asks for an operation's gradient without its output: it counts as 0, but the operation is run."""


class Relaxable(ABC):
    """A space that is also a matrix of weights `[edges, operations]`: how much of each operation is on each edge.

    An edge is whatever holds one operation of several: an edge of a cell, a layer of a chain. The supernet of the space
    mixes by the matrix (`supernets.abstract.RelaxedSupernet`), and the matrix of one architecture has ones and zeros.
    """

    @property
    @abstractmethod
    def edge_names(self) -> tuple[str, ...]:
        """Of the rows."""

    @property
    @abstractmethod
    def edge_operations(self) -> tuple[str, ...]:
        """Of the columns."""

    @property
    def edge_legal(self) -> NDArray[np.bool_]:
        """Which operations each edge may have, bool `[edges, operations]`: all of them by default."""
        return np.ones((len(self.edge_names), len(self.edge_operations)), dtype=np.bool_)

    @property
    @abstractmethod
    def edge_groups(self) -> tuple[tuple[int, ...], ...]:
        """Rows that end in the same node, in order: edges among which a method may choose (PC-DARTS's edge weights)."""

    @final
    def discretize(self, weights: ArrayLike) -> Archs:
        """Return the architecture that a matrix of weights stands for, int `[decisions]`.

        Args:
            weights: float `[edges, operations]`, or flat; only their order on an edge, and between edges of one node,
                counts.

        Raises:
            AgentError: of another size, or not all are numbers.
        """
        return self._strongest(self.check_weights(weights))

    @abstractmethod
    def _strongest(self, weights: NDArray[np.float64]) -> Archs:
        """Return the architecture of checked weights `[edges, operations]`."""

    @abstractmethod
    def relax(self, arch: ArrayLike) -> NDArray[np.float64]:
        """Return the matrix of one architecture, int `[decisions]`: float `[edges, operations]` of ones and zeros.

        `discretize` gives the architecture back, and the supernet mixes by it as it runs the architecture.
        """

    @abstractmethod
    def edge_layers(self, edge: int, operation: int) -> list[LayerSpec]:
        """Return the layers that an operation on an edge adds to the network, wherever that edge stands in it."""

    @final
    def check_weights(self, weights: ArrayLike) -> NDArray[np.float64]:
        """Return weights as float64 `[edges, operations]`; `AgentError` if they are of another size or no numbers."""
        shape = (len(self.edge_names), len(self.edge_operations))
        try:
            array = np.asarray(weights, dtype=np.float64).reshape(shape)
        except (TypeError, ValueError):
            raise AgentError(
                f"weights are a matrix of {shape[0]} edges by {shape[1]} operations, or it flat; got shape "
                f"{np.shape(weights)}"
            ) from None
        if not np.isfinite(array).all():
            edge, operation = np.argwhere(~np.isfinite(array))[0]
            where = f"{self.edge_operations[operation]} on {self.edge_names[edge]}"
            raise AgentError(f"the weight of {where} is {array[edge, operation]}; weights are finite numbers")
        return array
