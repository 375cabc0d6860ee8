"""NAS-Bench-201 cells as torch networks: one cell alone, and the weights that all cells share."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from awnas_gym.spaces.nasbench201 import CONV1, CONV3, EDGES, NONE, OPERATIONS, POOL, SKIP, NASBench201
from awnas_gym.supernets.abstract import RelaxedSupernet
from awnas_gym.supernets.copies import ConvBN, CopiesLinear, Reduction
from awnas_gym.supernets.mixed import Mixture
from awnas_gym.supernets.values import Values


@final
class Cell(nn.Module):
    """A cell with the operations of one choice, or of all.

    Zero edges are left out, every other edge is run whether or not it reaches the output. A node that nothing reaches
    has no value. In a plain network convolutions and pooling that read it are run on zeros, as in NAS-Bench-201, so
    they cost what the space counts; what they give (a bias) is dropped. Where weights are shared they are not run, for
    zeros would spoil statistics that others use.

    Args:
        row: choices, an edge each; None for all.
        channels: of all values.
        copies: independent networks side by side.
        affine: whether batch norms have a scale and a shift.
    """

    def __init__(self, row: list[int] | None, channels: int, *, copies: int, affine: bool = True) -> None:
        super().__init__()
        self.shared = row is None
        self.operations = nn.ModuleDict()
        for edge in range(len(EDGES)):
            for choice in (CONV1, CONV3, POOL) if row is None else row[edge : edge + 1]:
                if choice == POOL:
                    self.operations[key(edge, choice)] = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
                elif choice not in {NONE, SKIP}:
                    kernel = 3 if choice == CONV3 else 1
                    self.operations[key(edge, choice)] = ConvBN(
                        channels, channels, copies=copies, kernel=kernel, affine=affine
                    )

    def forward(self, x: Tensor, row: list[int]) -> Tensor:
        """Map `[B, copies * C, H, W]` to the same shape; zeros where no path reaches the output."""
        nodes: list[Tensor | None] = [x, None, None, None]
        rectified: dict[int, Tensor] = {}
        for edge, (source, target) in enumerate(EDGES):
            choice, held = row[edge], nodes[source]
            if choice == NONE or (held is None and self.shared):
                continue
            value = torch.zeros_like(x) if held is None else held
            if choice in {CONV1, CONV3}:
                if source not in rectified:  # every convolution of a node reads the same rectified value
                    rectified[source] = torch.relu(value)
                value = rectified[source]
            out = value if choice == SKIP else self.operations[key(edge, choice)](value)
            if held is not None:
                before = nodes[target]
                nodes[target] = out if before is None else before + out
        return torch.zeros_like(x) if nodes[3] is None else nodes[3]

    def mixed(self, x: Tensor, weights: Tensor, run: list[list[bool]]) -> Tensor:
        """Map `[B, C, H, W]` to the same shape by weights `[edges, operations]`, of which those in `run` are run."""
        values, mixture = Values(x), Mixture()
        for node in range(1, 4):
            terms = [
                (weights[edge, choice], *self._reads(edge, choice, values))
                for edge, (source, target) in enumerate(EDGES)
                for choice in (SKIP, CONV1, CONV3, POOL)
                if target == node and source in values and run[edge][choice]
            ]
            if terms:
                values[node] = mixture(terms)
        return values[3] if 3 in values else torch.zeros_like(x)

    def _reads(self, edge: int, choice: int, values: Values) -> tuple[list[nn.Module], Tensor]:
        """Return the layers of an operation, and what the first reads."""
        source = EDGES[edge][0]
        if choice == SKIP:
            return [], values[source]
        module = self.operations[key(edge, choice)]
        return (module.layers(), values.rectified(source)) if isinstance(module, ConvBN) else ([module], values[source])


def key(edge: int, choice: int) -> str:
    """Return the name of an operation, e.g. `0-nor_conv_3x3`: its weights belong to its edge."""
    return f"{edge}-{OPERATIONS[choice]}"


class Body(nn.Module):
    """The whole network around the cells.

    Args:
        space: gives channels, cells a stage, image and classes.
        row: choices of the cell; None for all.
        copies: independent networks side by side; None for a plain one.
        affine: whether batch norms of cells have a scale and a shift.
    """

    def __init__(self, space: NASBench201, row: list[int] | None, *, copies: int | None, affine: bool = True) -> None:
        super().__init__()
        settings, k = space.settings, 1 if copies is None else copies
        width, classes = settings["channels"], settings["classes"]
        self.stem = ConvBN(settings["image_channels"], width, copies=k, kernel=3)
        body: list[nn.Module] = []
        for stage in range(3):
            if stage:
                body.append(Reduction(width, copies=k, residual=settings["reduction"] == "residual"))
                width *= 2
            body += [Cell(row, width, copies=k, affine=affine) for _ in range(settings["cells"])]
        self.body = nn.ModuleList(body)
        self.norm = nn.BatchNorm2d(k * width)
        self.classifier = nn.Linear(width, classes) if copies is None else CopiesLinear(width, classes, copies=k)

    def run(self, images: Tensor, row: list[int]) -> Tensor:
        """Map images `[B, copies * image_channels, H, W]` to logits by the choices of the cell."""
        return self.through(images, lambda cell, value: cell(value, row))

    def through(self, images: Tensor, run: Callable[[Cell, Tensor], Tensor]) -> Tensor:
        """Map images to logits; `run` gives the output of a cell."""
        value = self.stem(images)
        for part in self.body:
            value = run(part, value) if isinstance(part, Cell) else part(value)
        logits: Tensor = self.classifier(torch.relu(self.norm(value)).mean(dim=(2, 3)))
        return logits


@final
class Network(Body):
    """The network of one cell, plain or several times side by side.

    Args:
        space: gives channels, cells a stage, image and classes.
        arch: int `[6]`.
        copies: independent networks in one module; None for one, whose logits have no axis of copies.
        affine: whether batch norms of cells have a scale and a shift.
    """

    def __init__(self, space: NASBench201, arch: ArrayLike, *, copies: int | None = None, affine: bool = True) -> None:
        self.row = space.check(arch)[0].tolist()
        super().__init__(space, self.row, copies=copies, affine=affine)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]`; copies add `[B, copies * C, …]`, `[copies, B, …]`."""
        return self.run(images, self.row)


@final
class Supernet(RelaxedSupernet):
    """All cells of the space: in each cell of the network each edge has weights of its own for each convolution.

    Args:
        space: gives channels, cells a stage, image and classes.
        affine: whether batch norms of cells have a scale and a shift; mixtures are searched without.
    """

    kinds = (NASBench201,)
    space: NASBench201

    def __init__(self, space: NASBench201, *, affine: bool = True) -> None:
        super().__init__(space)
        self._affine = affine
        self.network = Body(space, None, copies=None, affine=affine)

    def forward(self, images: Tensor, arch: ArrayLike) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by one architecture, int `[6]`."""
        return self.network.run(images, self.space.check(arch)[0].tolist())

    def mix(self, images: Tensor, weights: Tensor, run: NDArray[np.bool_]) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by weights `[edges, operations]`; `none` gives nothing."""
        runs = run.tolist()
        return self.network.through(images, lambda cell, value: cell.mixed(value, weights, runs))

    def _plain(self, arch: ArrayLike) -> Network:
        return Network(self.space, arch, affine=self._affine)

    def _weights(self, arch: ArrayLike) -> dict[str, Tensor]:
        del arch
        return self.network.state_dict()
