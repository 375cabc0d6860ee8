"""The cells of ENAS [Pham et al., ICML 2018, section 2.4]."""

from __future__ import annotations

import re
from typing import Any, Literal, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import GenotypeError, UnknownNameError
from awnas_gym.spaces.abstract import Archs, Role
from awnas_gym.spaces.cells import CELLS, INPUTS, AbstractCells, Wiring

NODES = 5
OUTPUTS = ("loose_ends", "concat")

_GENOTYPE = re.compile(r"([0-9](?: [0-9]){19}) (?:\| )?([0-9](?: [0-9]){19})")


@final
class ENAS(AbstractCells):
    """A normal and a reduce cell of 5 nodes; each sums two of 5 operations on earlier values, which may be the same.

    Decisions, node by node: value and operation, value and operation.

    The network is that of `AbstractCells`. (The authors' code halves the image of their search network before a reduce
    cell instead of in it, and gives the second input of a cell in their final network a further 1x1 convolution.)

    Args:
        channels: of the first cells.
        cells: in the network.
        image_channels: of the input.
        image_size: height and width of the input, in pixels.
        classes: of the classifier.
        output: `"loose_ends"` as in the paper (all values that no node reads are concatenated, inputs too, and a 1x1
            convolution brings them back to the channels of the cell) or `"concat"` as in aw_nas (all nodes).
    """

    name = "enas"
    operations = ("sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3", "skip_connect")
    nodes = NODES
    reads_twice = True
    cardinalities = tuple(n for node in range(NODES) for n in (INPUTS + node, 5, INPUTS + node, 5)) * len(CELLS)
    decision_names = tuple(
        f"{cell} node {node} {what} {side}"
        for cell in CELLS
        for node in range(INPUTS, INPUTS + NODES)
        for side in (1, 2)
        for what in ("input", "operation")
    )
    roles = tuple(
        role
        for cell in CELLS
        for node in range(INPUTS, INPUTS + NODES)
        for role in (Role("input", cell, node), Role("operation", cell, node)) * 2
    )
    unique_size = 31_355_379_836**2  # classes of one cell

    def __init__(
        self,
        *,
        channels: int = 36,
        cells: int = 17,
        image_channels: int = 3,
        image_size: int = 32,
        classes: int = 10,
        output: Literal["loose_ends", "concat"] = "loose_ends",
    ) -> None:
        super().__init__(
            channels=channels, cells=cells, image_channels=image_channels, image_size=image_size, classes=classes
        )
        if output not in OUTPUTS:
            raise UnknownNameError("output of enas", output, OUTPUTS)
        self._output = output

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**self._sizes, "output": self._output}

    def wiring(self, archs: ArrayLike) -> Wiring:
        """Return what each node reads and does, int64 `[batch, 2, 5, 2]` each."""
        rows = np.asarray(archs, dtype=np.int64).reshape(-1, len(CELLS), NODES, 2, 2)
        return rows[..., 0].copy(), rows[..., 1].copy()

    def from_wiring(self, sources: NDArray[np.int64], operations: NDArray[np.int64]) -> Archs:
        """Return the architectures of a wiring, int8 `[batch, 40]`."""
        return np.stack([sources, operations], axis=-1).reshape(len(sources), -1).astype(self.dtype)

    def _ends(self, sources: list[list[int]]) -> list[int]:
        if self._output == "concat":
            return list(range(INPUTS, INPUTS + NODES))
        read = {source for pair in sources for source in pair}
        return [value for value in range(INPUTS + NODES) if value not in read]

    @property
    def mixes(self) -> bool:
        """Whether a 1x1 convolution brings what a cell concatenates back to its channels."""
        return self._output == "loose_ends"

    def genotype(self, arch: ArrayLike) -> str:
        """Return the authors' notation, the decisions of both cells: `0 2 0 0 0 4 0 1 … | 1 0 1 0 0 3 0 2 …`."""
        return " | ".join(" ".join(map(str, cell)) for cell in self.check(arch)[0].reshape(len(CELLS), -1).tolist())

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[40]`; the bar between the cells may be missing."""
        match = _GENOTYPE.fullmatch(" ".join(text.split()))
        if match is None:
            raise GenotypeError(
                f"{text!r} is no enas genotype; the form is 20 digits a cell, value operation value operation of each "
                "node: 0 2 0 0 0 4 0 1 … | 1 0 1 0 …"
            )
        row = [int(digit) for part in match.groups() for digit in part.split()]
        for name, choice, limit in zip(self.decision_names, row, self.cardinalities, strict=True):
            if choice >= limit:
                legal = ", ".join(self.operations) if "operation" in name else "values before the node"
                raise GenotypeError(f"{name} is {choice}; legal: 0 … {limit - 1} ({legal})")
        return np.array(row, dtype=self.dtype)
