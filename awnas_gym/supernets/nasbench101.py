"""NAS-Bench-101 cells as torch networks: one cell alone, and the weights that all cells share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import final

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from awnas_gym.errors import SettingError
from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.spaces.nasbench101 import NASBench101
from awnas_gym.spaces.nasbench101_graphs import INTERIOR, OPERATIONS
from awnas_gym.spaces.nasbench101_network import vertex_channels
from awnas_gym.supernets.abstract import AbstractSupernet
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import chain

POOL = "maxpool3x3"
STACKS = 3


@final
@dataclass(frozen=True, slots=True)
class Graph:
    """What a cell does, without the vertices that lie on no path to the output.

    Attributes:
        before: of each vertex those that it reads; 0 is the input.
        names: of each vertex its operation; the last is the output.
        widths: by the channels of the cell's output, those of each vertex.
    """

    before: list[list[int]]
    names: list[str]
    widths: dict[int, list[int]]

    @property
    def last(self) -> int:
        """The output."""
        return len(self.names) - 1


def graph_of(space: NASBench101, arch: ArrayLike) -> Graph:
    """Return what the cell of an architecture does."""
    adjacency, names = space.matrix(arch)
    widths = {c_out: vertex_channels(adjacency, c_out) for c_out in stack_channels(space)}
    return Graph([np.flatnonzero(column).tolist() for column in adjacency.T], names, widths)


def stack_channels(space: NASBench101) -> list[int]:
    """Return the channels of each stack."""
    return [space.settings["channels"] * 2**stack for stack in range(STACKS)]


@final
class Cell(nn.Module):
    """A cell with the operations of one graph, or of all; vertices are numbered as in the pruned graph.

    Of all graphs, each vertex has a convolution of either kernel with as many channels as the cell, and a projection of
    the cell's input; a graph that gives it fewer uses the first.

    Args:
        c_in: channels of the input.
        c_out: channels of the output.
        graph: what it does; None for all.
    """

    def __init__(self, c_in: int, c_out: int, graph: Graph | None) -> None:
        super().__init__()
        self.c_out = c_out
        last = INTERIOR + 1 if graph is None else graph.last
        self.projections, self.operations = nn.ModuleDict(), nn.ModuleDict()
        for vertex in range(1, last + 1):
            width = c_out if graph is None else graph.widths[c_out][vertex]
            if graph is None or 0 in graph.before[vertex]:
                self.projections[self.key(vertex, last)] = convolution(c_in, width, 1)
            if vertex < last:
                for name in OPERATIONS if graph is None else [graph.names[vertex]]:
                    if name != POOL:
                        kernel = 3 if name.startswith("conv3x3") else 1
                        self.operations[f"{vertex}-{name}"] = convolution(width, width, kernel)

    def key(self, vertex: int, last: int) -> str:
        """Return the name of the projection that a vertex reads; that of the output is the same in all graphs."""
        return "output" if vertex == last else str(vertex)

    def forward(self, x: Tensor, graph: Graph) -> Tensor:
        """Map `[B, c_in, H, W]` to `[B, c_out, H, W]`."""
        values = [x]
        for vertex, width in enumerate(graph.widths[self.c_out][1 : graph.last], start=1):
            read = [values[source][:, :width] for source in graph.before[vertex] if source]
            if 0 in graph.before[vertex]:
                read.append(first_channels(self.projections[str(vertex)], x, width))
            value, name = reduce(add, read), graph.names[vertex]
            if name == POOL:
                values.append(functional.max_pool2d(value, 3, stride=1, padding=1))
            else:
                values.append(first_channels(self.operations[f"{vertex}-{name}"], value, width))
        ends = [values[source] for source in graph.before[graph.last] if source]
        out = [torch.cat(ends, dim=1) if len(ends) > 1 else ends[0]] if ends else []
        if 0 in graph.before[graph.last]:
            out.append(self.projections["output"](x))
        return reduce(add, out)


def convolution(c_in: int, c_out: int, kernel: int) -> nn.Sequential:
    """Return a convolution, batch norm and ReLU."""
    return chain(conv_bn(c_in, c_out, 1, kernel=kernel, activation="relu"), LayerFactory())


def first_channels(operation: nn.Module, x: Tensor, width: int) -> Tensor:
    """Return what the first `width` channels of a convolution with batch norm make of `x`.

    Its weights for the inputs that `x` has are used. Running statistics are slices too, and updated in place.
    """
    tensors, shape = {**dict(operation.named_parameters()), **dict(operation.named_buffers())}, (width, x.shape[1])
    if tensors["0.weight"].shape[:2] == shape:
        used = tensors
    else:
        used = {name: corner(tensor, shape[: tensor.ndim]) for name, tensor in tensors.items()}
    out: Tensor = functional_call(operation, used, (x,))
    return out


def corner(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return the first entries of a tensor along its first axes, as many as `shape` says, as a view."""
    return tensor[tuple(slice(length) for length in shape)] if shape else tensor


class Body(nn.Module):
    """Stem, three stacks of cells, classifier [Ying et al., ICML 2019, section 2.1].

    Args:
        space: gives channels, cells a stack, image and classes.
        graph: of the cell; None for all.

    Raises:
        SettingError: the channels cannot be divided among all vertices.
    """

    def __init__(self, space: NASBench101, graph: Graph | None) -> None:
        super().__init__()
        sizes = space.settings
        if sizes["channels"] < INTERIOR:
            raise SettingError(
                f"channels of nasbench101 are {INTERIOR} or more, for as many vertices may divide them; "
                f"got {sizes['channels']}"
            )
        c_in = sizes["channels"]
        self.stem = convolution(sizes["image_channels"], c_in, 3)
        self.stacks = nn.ModuleList()
        for c_out in stack_channels(space):
            self.stacks.append(nn.ModuleList([Cell(c, c_out, graph) for c in [c_in, *[c_out] * (sizes["cells"] - 1)]]))
            c_in = c_out
        self.classifier = nn.Linear(c_in, sizes["classes"])

    def run(self, images: Tensor, graph: Graph) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by the graph of the cell."""
        value = self.stem(images)
        for i, stack in enumerate(self.stacks):
            if i:
                value = functional.max_pool2d(value, 2, stride=2, ceil_mode=True)
            for cell in stack.children():
                value = cell(value, graph)
        logits: Tensor = self.classifier(value.mean(dim=(2, 3)))
        return logits


@final
class Network(Body):
    """The plain network of one cell.

    Args:
        space: gives channels, cells a stack, image and classes.
        arch: int `[26]`.
    """

    def __init__(self, space: NASBench101, arch: ArrayLike) -> None:
        self.graph = graph_of(space, arch)
        super().__init__(space, self.graph)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]`."""
        return self.run(images, self.graph)


@final
class Supernet(AbstractSupernet):
    """All cells of the space: a vertex has the most channels that a graph may give it, of which each uses the first.

    Args:
        space: gives channels, cells a stack, image and classes.
    """

    kinds = (NASBench101,)
    space: NASBench101

    def __init__(self, space: NASBench101) -> None:
        super().__init__(space)
        self.network = Body(space, None)

    def forward(self, images: Tensor, arch: ArrayLike) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by one architecture, int `[26]`."""
        return self.network.run(images, graph_of(self.space, arch))

    def _plain(self, arch: ArrayLike) -> Network:
        return Network(self.space, arch)

    def _weights(self, arch: ArrayLike) -> dict[str, Tensor]:
        with torch.device("meta"):
            wanted = self._plain(arch).state_dict()
        held = self.network.state_dict()
        return {name: corner(held[name], tuple(tensor.shape[:2])) for name, tensor in wanted.items()}
