"""Networks of normal and reduce cells (`darts`, `nasbench301`, `enas`): shared by all architectures, and plain ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional

from awnas_gym.spaces.cells import INPUTS, AbstractCells
from awnas_gym.spaces.cells_network import STEM_MULTIPLIER
from awnas_gym.spaces.cells_network import Cell as Choice
from awnas_gym.supernets.abstract import AbstractSupernet
from awnas_gym.supernets.cell_operations import OPERATIONS, ConvBN, FactorizedReduction, pointwise, rectified


@final
class Mix(nn.Module):
    """ReLU, a 1x1 convolution from some of several concatenated values, batch norm: loose ends.

    The weights of a value are its own, whatever stands beside it.

    Args:
        ends: values that may be concatenated, ascending.
        width: channels of each and of the result.
    """

    def __init__(self, ends: Iterable[int], width: int) -> None:
        super().__init__()
        self.ends, self.width = list(ends), width
        self.conv = nn.Conv2d(len(self.ends) * width, width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def columns(self, ends: Iterable[int]) -> Tensor:
        """Return the weights of some of the values, `[width, len(ends) * width, 1, 1]`."""
        weight: Tensor = self.conv.weight
        if list(ends) == self.ends:
            return weight
        parts = torch.split(weight, self.width, dim=1)
        return torch.cat([parts[self.ends.index(end)] for end in ends], dim=1)

    def forward(self, values: list[Tensor], ends: Iterable[int]) -> Tensor:
        """Map the values at `ends` to `[B, width, H, W]`."""
        out: Tensor = self.norm(functional.conv2d(torch.relu(torch.cat(values, dim=1)), self.columns(ends)))
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
    """

    def __init__(
        self, space: AbstractCells, inputs: tuple[int, int], width: int, *, halved: bool, stride: int,
        choice: Choice | None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.stride, self.twice = stride, space.reads_twice
        self.before = FactorizedReduction(inputs[0], width) if halved else pointwise(inputs[0], width)
        self.last = pointwise(inputs[1], width)
        self.operations = nn.ModuleDict()
        for node in range(space.nodes):
            pairs = every_pair(space, node) if choice is None else choice.nodes[node]
            for side, (source, operation) in enumerate(pairs):
                for each in (0, 1) if choice is None and self.twice else (side,):
                    key = self.key(node, each, source, operation)
                    if key not in self.operations:
                        self.operations[key] = OPERATIONS[operation](width, stride if source < INPUTS else 1)
        self.mix: Mix | None = None
        self.reductions = nn.ModuleDict()
        if space.mixes:
            ends = range(INPUTS + space.nodes) if choice is None else choice.ends
            self.mix = Mix(ends, width)
            if stride > 1:
                self.reductions.update({str(end): FactorizedReduction(width, width) for end in ends if end < INPUTS})

    def key(self, node: int, side: int, source: int, operation: str) -> str:
        """Return the name of an operation: its weights belong to the edge, or to the side where both may be one."""
        return f"{node}-{side if self.twice else 0}-{source}-{operation}"

    def forward(self, before: Tensor, last: Tensor, choice: Choice) -> Tensor:
        """Map the outputs of the two cells before to that of this one."""
        values = [self.before(torch.relu(before)), self.last(torch.relu(last))]
        positive: dict[int, Tensor] = {}

        def relu(value: int) -> Tensor:
            if value not in positive:
                positive[value] = torch.relu(values[value])
            return positive[value]

        for node, pairs in enumerate(choice.nodes):
            done = []
            for side, (source, operation) in enumerate(pairs):
                stride = self.stride if source < INPUTS else 1
                read = relu(source) if rectified(operation, stride) else values[source]
                done.append(self.operations[self.key(node, side, source, operation)](read))
            values.append(done[0] + done[1])
        if self.mix is None:
            return torch.cat([values[end] for end in choice.ends], dim=1)
        ends = [
            self.reductions[str(end)](relu(end)) if str(end) in self.reductions else values[end] for end in choice.ends
        ]
        out: Tensor = self.mix(ends, choice.ends)
        return out


class Body(nn.Module):
    """Stem, cells, classifier; `AbstractCells` says how they are put together.

    Args:
        space: gives the sizes.
        choices: of normal and reduce cells; None for all that there are.
    """

    def __init__(self, space: AbstractCells, choices: tuple[Choice, Choice] | None) -> None:
        super().__init__()
        sizes = space.settings
        width = sizes["channels"]
        self.stem = ConvBN(nn.Conv2d(sizes["image_channels"], STEM_MULTIPLIER * width, 3, padding=1, bias=False))
        self.cells = nn.ModuleList()
        inputs, halved = (STEM_MULTIPLIER * width, STEM_MULTIPLIER * width), False
        for i in range(sizes["cells"]):
            reduces = i in {sizes["cells"] // 3, 2 * sizes["cells"] // 3}
            width *= 2 if reduces else 1
            choice = None if choices is None else choices[reduces]
            self.cells.append(Cell(space, inputs, width, halved=halved, stride=1 + reduces, choice=choice))
            ends = space.nodes if choice is None else len(choice.ends)
            inputs, halved = (inputs[1], width if space.mixes else width * ends), reduces
        self.classifier = nn.Linear(inputs[1], sizes["classes"])

    def each_cell(self) -> list[Cell]:
        """Return the cells in order."""
        return [cell for cell in self.cells if isinstance(cell, Cell)]

    def run(self, images: Tensor, choices: tuple[Choice, Choice]) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by the choices of normal and reduce cells."""
        before = last = self.stem(images)
        for cell in self.each_cell():
            before, last = last, cell(before, last, choices[cell.stride > 1])
        logits: Tensor = self.classifier(last.mean(dim=(2, 3)))
        return logits


@final
class CellsNetwork(Body):
    """The plain network of one architecture.

    Args:
        space: `darts`, `nasbench301` or `enas`; its settings give the sizes.
        arch: int `[decisions]`.
    """

    def __init__(self, space: AbstractCells, arch: ArrayLike) -> None:
        self.choices = space.cells(arch)
        super().__init__(space, self.choices)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]`."""
        return self.run(images, self.choices)


@final
class CellsSupernet(AbstractSupernet):
    """All cells of a space. Each cell of the network has weights of its own [Pham et al., ICML 2018, section 2.4].

    An operation's weights belong to the edge it is on: to a node, the value that it reads and, in `enas`, which of the
    node's two sides reads it.

    Args:
        space: `darts`, `nasbench301` or `enas`; its settings give the sizes.
    """

    kinds = (AbstractCells,)
    space: AbstractCells

    def __init__(self, space: AbstractCells) -> None:
        super().__init__(space)
        self.network = Body(space, None)

    def forward(self, images: Tensor, arch: ArrayLike) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by one architecture, int `[decisions]`."""
        return self.network.run(images, self.space.cells(arch))

    def _plain(self, arch: ArrayLike) -> CellsNetwork:
        return CellsNetwork(self.space, arch)

    def _weights(self, arch: ArrayLike) -> dict[str, Tensor]:
        weights = self.network.state_dict()
        choices = self.space.cells(arch)
        for i, cell in enumerate(self.network.each_cell()):
            if cell.mix is not None:
                weights[f"cells.{i}.mix.conv.weight"] = cell.mix.columns(choices[cell.stride > 1].ends).detach()
        return weights


def every_pair(space: AbstractCells, node: int) -> list[tuple[int, str]]:
    """Return all (value, operation) that a node may read and do."""
    return [(source, operation) for source in range(INPUTS + node) for operation in space.operations]
