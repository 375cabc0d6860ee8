"""The values of a cell, as its operations read them."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from awnas_gym.supernets.operations.abstract import AbstractOperation


@final
class Values:
    """Values by number. What several operations read rectified is rectified once.

    Args:
        values: the first ones, `[B, C, H, W]` each; more are put in as they are computed.
    """

    def __init__(self, *values: Tensor) -> None:
        self._values = dict(enumerate(values))
        self._rectified: dict[int, Tensor] = {}

    def __getitem__(self, number: int) -> Tensor:
        return self._values[number]

    def __setitem__(self, number: int, value: Tensor) -> None:
        self._values[number] = value

    def __contains__(self, number: int) -> bool:
        return number in self._values

    def through(self, operation: AbstractOperation, number: int) -> Tensor:
        """Return what an operation makes of a value."""
        module, x = self.read(operation, number)
        out: Tensor = module(x)
        return out

    def read(self, operation: AbstractOperation, number: int) -> tuple[nn.Module, Tensor]:
        """Return what is left of an operation on a value when that is shared with others, and what that reads."""
        if type(operation.relu) is nn.ReLU:
            return operation.body, self.rectified(number)
        # without ReLU, or with one of a factory, which may do more
        return operation.body if operation.relu is None else operation, self._values[number]

    def rectified(self, number: int) -> Tensor:
        """Return a value where it is positive, and 0 elsewhere."""
        if number not in self._rectified:
            self._rectified[number] = torch.relu(self._values[number])
        return self._rectified[number]
