"""Networks of normal and reduce cells (`darts`, `nasbench301`, `enas`): shared by all architectures, and plain ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from awnas_gym.errors import SettingError
from awnas_gym.spaces.cells import CELLS, AbstractCells
from awnas_gym.spaces.cells_network import STEM_MULTIPLIER
from awnas_gym.spaces.cells_network import Cell as Choice
from awnas_gym.spaces.relaxable import Relaxable
from awnas_gym.supernets.abstract import Logits, RelaxedSupernet
from awnas_gym.supernets.auxiliary import AuxiliaryHead, Form
from awnas_gym.supernets.cell import Cell
from awnas_gym.supernets.operations import make_operation
from awnas_gym.supernets.operations.factory import LayerFactory


class Body(nn.Module):
    """Stem, cells, classifier; `AbstractCells` says how they are put together.

    Args:
        space: gives the sizes.
        choices: of normal and reduce cells; None for all that there are.
        auxiliary: whether the cell at two thirds of the depth feeds a second classifier, or the form of that.
        affine: whether batch norms of cells have a scale and a shift.
        factory: makes the layers; None for torch's own.
        partial: one channel in so many passes the operations, see `supernets.partial`.
    """

    def __init__(
        self,
        space: AbstractCells,
        choices: tuple[Choice, Choice] | None,
        *,
        auxiliary: bool | Form = False,
        affine: bool = True,
        factory: LayerFactory | None = None,
        partial: int = 1,
    ) -> None:
        super().__init__()
        make = LayerFactory() if factory is None else factory
        sizes = space.settings
        width, size = sizes["channels"], sizes["image_size"]
        inputs, halved = (STEM_MULTIPLIER * width, STEM_MULTIPLIER * width), False
        self.stem = make_operation("conv_bn_3x3", sizes["image_channels"], inputs[1], factory=factory)
        self.cells = nn.ModuleList()
        self.auxiliary: AuxiliaryHead | None = None
        self.second_reduction = 2 * sizes["cells"] // 3
        for i in range(sizes["cells"]):
            reduces = i in {sizes["cells"] // 3, self.second_reduction}
            width, size = (2 * width, -(-size // 2)) if reduces else (width, size)
            choice = None if choices is None else choices[reduces]
            self.cells.append(
                Cell(
                    space, inputs, width,
                    halved=halved, stride=1 + reduces, choice=choice, affine=affine, factory=make, partial=partial,
                )
            )  # fmt: skip
            ends = space.nodes if choice is None else len(choice.ends)
            inputs, halved = (inputs[1], width if space.mixes else width * ends), reduces
            if auxiliary and i == self.second_reduction:
                form: Form = "cifar" if isinstance(auxiliary, bool) else auxiliary
                self.auxiliary = AuxiliaryHead(inputs[1], size, sizes["classes"], form=form, factory=factory)
        self.classifier = make.linear(inputs[1], sizes["classes"])

    def each_cell(self) -> list[Cell]:
        """Return the cells in order."""
        return [cell for cell in self.cells if isinstance(cell, Cell)]

    def run(self, images: Tensor, choices: tuple[Choice, Choice]) -> Logits:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by the choices of normal and reduce cells."""
        return self.through(images, lambda cell, before, last: cell(before, last, choices[cell.stride > 1]))

    def through(self, images: Tensor, run: Callable[[Cell, Tensor, Tensor], Tensor]) -> Logits:
        """Map images `[B, C, H, W]` to logits `[B, classes]`; `run` gives the output of a cell from those before it."""
        before = last = self.stem(images)
        second: Tensor | None = None
        for i, cell in enumerate(self.each_cell()):
            before, last = last, run(cell, before, last)
            if self.auxiliary is not None and self.training and i == self.second_reduction:
                second = self.auxiliary(last)
        logits: Tensor = self.classifier(last.mean(dim=(2, 3)))
        return logits if second is None else (logits, second)


@final
class CellsNetwork(Body):
    """The plain network of one architecture.

    Args:
        space: `darts`, `nasbench301` or `enas`; its settings give the sizes.
        arch: int `[decisions]`.
        auxiliary: whether the cell at two thirds of the depth feeds a second classifier, or the form of that;
            True is `"cifar"` (`AuxiliaryHead`).
        affine: whether batch norms of cells have a scale and a shift.
        factory: makes the layers; None for torch's own.
    """

    def __init__(
        self,
        space: AbstractCells,
        arch: ArrayLike,
        *,
        auxiliary: bool | Form = False,
        affine: bool = True,
        factory: LayerFactory | None = None,
    ) -> None:
        self.choices = space.cells(arch)
        super().__init__(space, self.choices, auxiliary=auxiliary, affine=affine, factory=factory)

    def forward(self, images: Tensor) -> Logits:
        """Map images `[B, C, H, W]` to logits `[B, classes]`; in training mode, a second classifier's beside them."""
        return self.run(images, self.choices)


@final
class CellsSupernet(RelaxedSupernet):
    """All cells of a space. Each cell of the network has weights of its own [Pham et al., ICML 2018, section 2.4].

    An operation's weights belong to the edge it is on: to a node, the value that it reads and, in `enas`, which of the
    node's two sides reads it.

    Args:
        space: `darts`, `nasbench301` or `enas`; its settings give the sizes.
        auxiliary: whether the cell at two thirds of the depth feeds a second classifier, or the form of that.
        affine: whether batch norms of cells have a scale and a shift; DARTS searches without.
        factory: makes the layers; None for torch's own, `NormalisedPools` for those of DARTS's search.
        partial: one channel in so many passes the operations [PC-DARTS], see `supernets.partial`; 1 for all. Such
            a supernet has no plain networks with its weights.

    Raises:
        SettingError: `partial` does not divide the channels of a cell, or the space is no matrix of operations.
    """

    kinds = (AbstractCells,)
    space: AbstractCells

    def __init__(
        self,
        space: AbstractCells,
        *,
        auxiliary: bool | Form = False,
        affine: bool = True,
        factory: LayerFactory | None = None,
        partial: int = 1,
    ) -> None:
        super().__init__(space)
        if partial != 1 and not isinstance(space, Relaxable):
            raise SettingError(f"the space {space.name} is no matrix of operations, so partial is 1; got {partial!r}")
        self._built: dict[str, Any] = {"auxiliary": auxiliary, "affine": affine, "factory": factory}
        self.partial = partial
        self.network = Body(space, None, **self._built, partial=partial)

    def forward(self, images: Tensor, arch: ArrayLike) -> Logits:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by one architecture, int `[decisions]`.

        In training mode, a second classifier's logits stand beside them.
        """
        if self.partial > 1:
            space: Any = self.space
            matrix = space.relax(arch)
            return self.mix(images, torch.as_tensor(matrix, dtype=images.dtype, device=images.device), matrix != 0)
        return self.network.run(images, self.space.cells(arch))

    def mix(self, images: Tensor, weights: Tensor, run: NDArray[np.bool_]) -> Logits:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by weights `[edges, operations]`, of `darts` and the like.

        In training mode, a second classifier's logits stand beside them.
        """
        halves, runs = weights.chunk(len(CELLS)), np.split(run, len(CELLS))  # of normal and reduce cells
        of_cells = [(half, rows.tolist()) for half, rows in zip(halves, runs, strict=True)]
        return self.network.through(
            images, lambda cell, before, last: cell.mixed(before, last, *of_cells[cell.stride > 1])
        )

    def _plain(self, arch: ArrayLike) -> CellsNetwork:
        if self.partial > 1:
            raise SettingError(
                f"with partial={self.partial} operations know one channel in {self.partial}: no plain network has "
                "these weights; train the architecture from scratch: awnas train"
            )
        return CellsNetwork(self.space, arch, **self._built)

    def _weights(self, arch: ArrayLike) -> dict[str, Tensor]:
        weights = self.network.state_dict()
        choices = self.space.cells(arch)
        for i, cell in enumerate(self.network.each_cell()):
            if cell.mix is not None:
                columns = cell.mix.columns(choices[cell.stride > 1].ends)
                weights.update({f"cells.{i}.mix.conv.{name}": tensor.detach() for name, tensor in columns.items()})
        return weights
