"""The space of NAS-Bench-301 [Zela et al., ICLR 2022]: the cells of DARTS in a smaller network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from numpy.typing import ArrayLike

from awnas_gym.errors import GenotypeError, unknown
from awnas_gym.spaces.abstract import Archs
from awnas_gym.spaces.cells import CELLS, INPUTS
from awnas_gym.spaces.darts import NODES, AbstractDARTS

_PREFIX = "NetworkSelectorDatasetInfo:darts:"
_FIRST_EDGE = (0, 2, 5, 9)
"""Number of each node's edge from value 0; its edges are numbered by what they read."""


@final
class NASBench301(AbstractDARTS):
    """The cells of DARTS in the network of NAS-Bench-301: 8 cells, 32 channels.

    Args:
        channels: of the first cells.
        cells: in the network.
        image_channels: of the input.
        image_size: height and width of the input, in pixels.
        classes: of the classifier.
    """

    name = "nasbench301"

    def __init__(
        self,
        *,
        channels: int = 32,
        cells: int = 8,
        image_channels: int = 3,
        image_size: int = 32,
        classes: int = 10,
    ) -> None:
        super().__init__(
            channels=channels, cells=cells, image_channels=image_channels, image_size=image_size, classes=classes
        )

    def configuration(self, arch: ArrayLike) -> dict[str, str]:
        """Return the architecture as the benchmark's ConfigSpace writes it: 16 operations and 6 pairs of inputs."""
        found: dict[str, str] = {}
        for cell, edges in zip(CELLS, self.edges(arch), strict=True):
            for i, (operation, source) in enumerate(edges):
                found[f"{_PREFIX}edge_{cell}_{_FIRST_EDGE[i // 2] + source}"] = operation
            for node in range(1, NODES):
                pair = "_".join(str(source) for _, source in edges[2 * node : 2 * node + 2])
                found[f"{_PREFIX}inputs_node_{cell}_{INPUTS + node}"] = pair
        return found

    def from_configuration(self, configuration: Mapping[str, str]) -> Archs:
        """Return the architecture of a configuration of the benchmark, int8 `[22]`.

        Raises:
            GenotypeError: a hyperparameter is missing, unknown, or has no such value.
        """
        left = dict(configuration)
        cells = []
        for cell in CELLS:
            edges = []
            for node in range(NODES):
                pair = _take(left, f"inputs_node_{cell}_{INPUTS + node}") if node else "0_1"
                if pair not in {f"{a}_{b}" for b in range(INPUTS + node) for a in range(b)}:
                    raise GenotypeError(f"inputs_node_{cell}_{INPUTS + node} is {pair!r}; the form is '0_1'")
                sources = [int(source) for source in pair.split("_")]
                edges += [(_take(left, f"edge_{cell}_{_FIRST_EDGE[node] + source}"), source) for source in sources]
            cells.append(edges)
        if left:
            raise GenotypeError(f"{next(iter(left))!r} says nothing about this architecture: its edge is not there")
        return self.from_edges(cells[0], cells[1])


def _take(left: dict[str, str], name: str) -> str:
    if _PREFIX + name not in left:
        raise GenotypeError(
            f"a configuration of nasbench301 lacks a value: {unknown('hyperparameter', _PREFIX + name, left)}"
        )
    return left.pop(_PREFIX + name)
