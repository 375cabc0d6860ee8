"""Mixtures as they are commonly written: each operation by itself, with its own ReLU and norm, times its weight."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awnas_gym.spaces.layers import LayerKind
from awnas_gym.spaces.nasbench201 import CONV1, CONV3, EDGES, POOL, SKIP
from awnas_gym.supernets import nasbench201
from awnas_gym.supernets.abstract import Logits
from awnas_gym.supernets.cell import Cell
from awnas_gym.supernets.cells import CellsSupernet
from awnas_gym.supernets.operations.factory import LayerFactory, NormalisedPools


class TorchsOwn(LayerFactory):
    """Depthwise convolutions as torch has them."""

    def convolution(
        self, c_in: int, c_out: int, kernel: tuple[int, int], *, stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0), dilation: int = 1, groups: int = 1, bias: bool = False,
    ) -> nn.Module:  # fmt: skip
        """Return torch's own."""
        return nn.Conv2d(
            c_in, c_out, kernel, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=bias
        )


class TorchsOwnOfDARTS(TorchsOwn):
    """The same, and batch norm behind pooling."""

    def pooling(
        self, kind: LayerKind, channels: int, kernel: int, *, stride: int, padding: int = 0, ceil_mode: bool = False
    ) -> nn.Module:
        """Return pooling and batch norm."""
        return NormalisedPools().pooling(kind, channels, kernel, stride=stride, padding=padding, ceil_mode=ceil_mode)


def naive_mix(
    supernet: CellsSupernet | nasbench201.Supernet, images: Tensor, weights: Tensor, run: NDArray[np.bool_]
) -> Logits:
    """Return what `supernet.mix` returns; every node has something that is run."""
    if isinstance(supernet, nasbench201.Supernet):
        return supernet.network.through(images, lambda cell, x: _cell_of_nasbench201(cell, x, weights, run))
    halves, runs = weights.chunk(2), np.split(run, 2)
    return supernet.network.through(
        images, lambda cell, before, last: _cell(cell, before, last, halves[cell.stride > 1], runs[cell.stride > 1])
    )


def _cell(cell: Cell, before: Tensor, last: Tensor, weights: Tensor, run: NDArray[np.bool_]) -> Tensor:
    values, first = [cell.before(before), cell.last(last)], 0
    for node in range(cell.nodes):
        edges = range(first, first + 2 + node)
        terms = [
            weights[edge, column] * cell.operations[cell.key(node, 0, source, name)](values[source])
            for source, edge in enumerate(edges)
            for column, name in enumerate(cell.names, start=1)
            if run[edge, column]
        ]
        values.append(sum(terms[1:], terms[0]))
        first = edges.stop
    return torch.cat(values[2:], dim=1)


def _cell_of_nasbench201(cell: nasbench201.Cell, x: Tensor, weights: Tensor, run: NDArray[np.bool_]) -> Tensor:
    def out(edge: int, choice: int, value: Tensor) -> Tensor:
        if choice == SKIP:
            return value
        module = cell.operations[nasbench201.key(edge, choice)]
        made: Tensor = module(value if choice == POOL else torch.relu(value))
        return made

    values = [x]
    for node in range(1, 4):
        terms = [
            weights[edge, choice] * out(edge, choice, values[source])
            for edge, (source, target) in enumerate(EDGES)
            for choice in (SKIP, CONV1, CONV3, POOL)
            if target == node and run[edge, choice]
        ]
        values.append(sum(terms[1:], terms[0]))
    return values[3]
