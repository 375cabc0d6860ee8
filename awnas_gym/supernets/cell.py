"""A cell of NASNet's form, with the operations of one choice or of all."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import cast, final

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils import fuse_conv_bn_eval

from awnas_gym.spaces.cells import INPUTS, AbstractCells
from awnas_gym.spaces.cells_network import Cell as Choice
from awnas_gym.supernets.drop_path import DropPath
from awnas_gym.supernets.mixed import Mixture, term
from awnas_gym.supernets.operations import make_operation
from awnas_gym.supernets.operations.abstract import AbstractOperation
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.partial import check_partial, mixed_partially
from awnas_gym.supernets.values import Values


@final
class Mix(nn.Module):
    """ReLU, a 1x1 convolution from some of several concatenated values, batch norm: loose ends.

    The weights of a value are its own, whatever stands beside it.

    Args:
        ends: values that may be concatenated, ascending.
        width: channels of each and of the result.
        affine: whether batch norm has a scale and a shift.
        factory: makes the layers.
    """

    def __init__(self, ends: Iterable[int], width: int, *, affine: bool, factory: LayerFactory) -> None:
        super().__init__()
        self.ends, self.width = list(ends), width
        self.relu = factory.activation("relu")
        self.conv = factory.convolution(len(self.ends) * width, width, (1, 1))
        self.norm: nn.Module = factory.batch_norm(width, affine=affine)

    def fold_batch_norm(self) -> None:
        """Make the norm part of the convolution, in evaluation mode."""
        if isinstance(self.conv, nn.Conv2d) and isinstance(self.norm, nn.BatchNorm2d):
            self.conv, self.norm = fuse_conv_bn_eval(self.conv, self.norm), nn.Identity()

    def columns(self, ends: Iterable[int]) -> dict[str, Tensor]:
        """Return the weights of some of the values, by their names in `conv`: `[width, len(ends) * width, 1, 1]`."""
        found = {}
        for name, tensor in self.conv.named_parameters():
            if tensor.ndim > 1:
                parts = torch.split(tensor, self.width, dim=1)
                found[name] = torch.cat([parts[self.ends.index(end)] for end in ends], dim=1)
            else:
                found[name] = tensor
        return found

    def forward(self, values: list[Tensor], ends: Iterable[int]) -> Tensor:
        """Map the values at `ends` to `[B, width, H, W]`."""
        together = self.relu(torch.cat(values, dim=1))
        mixed = (
            self.conv(together)
            if list(ends) == self.ends
            else functional_call(self.conv, self.columns(ends), (together,))
        )
        out: Tensor = self.norm(mixed)
        return out


@final
class Cell(nn.Module):
    """A cell with the operations of one choice, or of all.

    Args:
        space: of the cells.
        inputs: channels of the two values before it.
        width: channels inside.
        halved: whether the first input has twice the size of the second.
        stride: 2 of a reduce cell.
        choice: what the cell does; None for whatever it may do.
        affine: whether batch norms have a scale and a shift.
        factory: makes the layers.
        partial: one channel in so many passes the operations, see `supernets.partial`.
    """

    def __init__(
        self, space: AbstractCells, inputs: tuple[int, int], width: int, *, halved: bool, stride: int,
        choice: Choice | None, affine: bool, factory: LayerFactory, partial: int = 1,
    ) -> None:  # fmt: skip
        super().__init__()
        self.stride, self.twice, self.partial = stride, space.reads_twice, partial
        self.nodes, self.names = space.nodes, space.operations
        make = functools.partial(make_operation, affine=affine, factory=factory)
        halve = functools.partial(make, "skip_connect", stride=2)
        self.before = halve(inputs[0], width) if halved else make("relu_conv_bn_1x1", inputs[0], width)
        self.last = make("relu_conv_bn_1x1", inputs[1], width)
        seen = check_partial(partial, width)
        self.operations = nn.ModuleDict()
        for node in range(space.nodes):
            pairs = every_pair(space, node) if choice is None else choice.nodes[node]
            for side, (source, operation) in enumerate(pairs):
                for each in (0, 1) if choice is None and self.twice else (side,):
                    key = self.key(node, each, source, operation)
                    if key not in self.operations:
                        self.operations[key] = make(operation, seen, seen, stride=stride if source < INPUTS else 1)
        self.drop = DropPath()
        self.mix: Mix | None = None
        self.reductions = nn.ModuleDict()
        if space.mixes:
            ends = range(INPUTS + space.nodes) if choice is None else choice.ends
            self.mix = Mix(ends, width, affine=affine, factory=factory)
            if stride > 1:
                self.reductions.update({str(end): halve(width, width) for end in ends if end < INPUTS})

    def key(self, node: int, side: int, source: int, operation: str) -> str:
        """Return the name of an operation: its weights belong to the edge, or to the side where both may be one."""
        return f"{node}-{side if self.twice else 0}-{source}-{operation}"

    def forward(self, before: Tensor, last: Tensor, choice: Choice) -> Tensor:
        """Map the outputs of the two cells before to that of this one."""
        values = Values(self.before(before), self.last(last))
        for node, pairs in enumerate(choice.nodes, start=INPUTS):
            done = []
            for side, (source, name) in enumerate(pairs):
                operation = cast("AbstractOperation", self.operations[self.key(node - INPUTS, side, source, name)])
                out = values.through(operation, source)
                done.append(self.drop(out) if operation.computes else out)
            values[node] = done[0] + done[1]
        if self.mix is None:
            return torch.cat([values[end] for end in choice.ends], dim=1)
        ends = []
        for end in choice.ends:
            if str(end) in self.reductions:
                ends.append(values.through(cast("AbstractOperation", self.reductions[str(end)]), end))
            else:
                ends.append(values[end])
        mixed: Tensor = self.mix(ends, choice.ends)
        return mixed

    def mixed(self, before: Tensor, last: Tensor, weights: Tensor, run: list[list[bool]]) -> Tensor:
        """Map the outputs of the two cells before to that of this one by weighted sums of all operations.

        Args:
            before: output of the cell before the last one.
            last: output of the last cell.
            weights: `[edges, operations]` of this cell, the first operation being `none`.
            run: which of them are run.

        Returns:
            All nodes, concatenated.
        """
        if self.partial > 1:
            return mixed_partially(
                (self.before(before), self.last(last)), self._operation, weights, run,
                partial=self.partial, stride=self.stride, nodes=self.nodes,
            )  # fmt: skip
        values, mixture = Values(self.before(before), self.last(last)), Mixture()
        edges = iter(zip(weights.unbind(), run, strict=True))
        nodes = range(INPUTS, INPUTS + self.nodes)
        for node in nodes:
            terms = []
            for source in range(node):
                row, runs = next(edges)
                for column, weight in enumerate(row.unbind()):
                    if column and runs[column]:
                        terms.append(term(weight, values, self._operation(node, source, column), source))
            values[node] = mixture(terms) if terms else values[0][:, :, :: self.stride, :: self.stride] * 0
        return torch.cat([values[node] for node in nodes], dim=1)

    def _operation(self, node: int, source: int, column: int) -> AbstractOperation:
        """Return the operation of a column of weights, of which the first is `none`."""
        return cast("AbstractOperation", self.operations[self.key(node - INPUTS, 0, source, self.names[column - 1])])


def every_pair(space: AbstractCells, node: int) -> list[tuple[int, str]]:
    """Return all (value, operation) that a node may read and do."""
    return [(source, operation) for source in range(INPUTS + node) for operation in space.operations]
