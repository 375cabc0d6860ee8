"""Parameters and multiply-accumulates of networks of cells that others have published."""

from __future__ import annotations

import re

import numpy as np
import pytest

from awnas_gym.spaces import total_macs, total_params
from awnas_gym.spaces.cells import AbstractCells
from awnas_gym.spaces.darts import DARTS
from awnas_gym.spaces.enas import ENAS

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.supernets.cells import CellsNetwork, CellsSupernet  # noqa: E402
from awnas_gym.supernets.operations.factory import NormalisedPools  # noqa: E402

DARTS_V2 = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], "
    "normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), "
    "('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), "
    "('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
)
DARTS_V1 = (
    "Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), ('sep_conv_3x3', 1), "
    "('skip_connect', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 2)], "
    "normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), "
    "('max_pool_3x3', 0), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), "
    "('avg_pool_3x3', 0)], reduce_concat=[2, 3, 4, 5])"
)

AW_NAS = {
    "darts": (
        "sep_conv_3x3 0, sep_conv_3x3 1, skip_connect 0, sep_conv_3x3 1, "
        "skip_connect 0, sep_conv_3x3 1, skip_connect 0, skip_connect 1",
        "max_pool_3x3 0, max_pool_3x3 1, max_pool_3x3 0, skip_connect 2, "
        "skip_connect 2, avg_pool_3x3 0, skip_connect 2, avg_pool_3x3 0",
        2_809_558,
        892.49,
    ),
    "snas": (
        "dil_conv_5x5 0, sep_conv_5x5 1, dil_conv_5x5 2, sep_conv_5x5 0, "
        "sep_conv_5x5 1, max_pool_3x3 0, max_pool_3x3 0, skip_connect 2",
        "avg_pool_3x3 1, dil_conv_5x5 0, max_pool_3x3 0, sep_conv_3x3 2, "
        "dil_conv_3x3 2, max_pool_3x3 0, max_pool_3x3 0, sep_conv_5x5 4",
        3_183_238,
        1029.07,
    ),
    "pcdarts": (
        "sep_conv_3x3 0, sep_conv_3x3 1, sep_conv_5x5 0, sep_conv_3x3 1, "
        "sep_conv_5x5 2, sep_conv_3x3 0, sep_conv_3x3 0, dil_conv_3x3 1",
        "max_pool_3x3 1, skip_connect 0, max_pool_3x3 1, max_pool_3x3 2, "
        "sep_conv_5x5 1, max_pool_3x3 0, max_pool_3x3 2, max_pool_3x3 4",
        4_255_678,
        1343.93,
    ),
    "enas": (
        "sep_conv_5x5 0, skip_connect 1, max_pool_3x3 2, sep_conv_3x3 0, skip_connect 2, sep_conv_3x3 2, "
        "sep_conv_3x3 4, max_pool_3x3 1, sep_conv_3x3 3, sep_conv_3x3 5",
        "skip_connect 0, sep_conv_5x5 0, skip_connect 1, sep_conv_3x3 0, sep_conv_3x3 1, sep_conv_5x5 0, "
        "skip_connect 3, avg_pool_3x3 4, avg_pool_3x3 2, max_pool_3x3 0",
        4_207_654,
        1303.01,
    ),
}
"""Normal and reduce cell, parameters without auxiliary head and 2 MACs in millions.

aw_nas, examples/mloss/*/*_final.yaml at 732a003, and the counts of its README, recomputed exactly.
"""


def count(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def aw_nas(name: str) -> tuple[AbstractCells, np.ndarray]:
    """Return the space that expresses aw_nas's final networks, and the architecture."""
    cells = [[(op, int(value)) for op, value in re.findall(r"(\w+) (\d)", text)] for text in AW_NAS[name][:2]]
    if name != "enas":
        darts = DARTS(channels=36, cells=20)
        return darts, darts.from_edges(*cells)
    enas = ENAS(channels=36, cells=20, output="concat")
    sources = np.array([[value for _, value in cell] for cell in cells]).reshape(1, 2, 5, 2)
    operations = np.array([[enas.operations.index(op) for op, _ in cell] for cell in cells]).reshape(1, 2, 5, 2)
    return enas, enas.from_wiring(sources, operations)[0]


@pytest.mark.parametrize(("genotype", "params"), [(DARTS_V2, 3_349_342), (DARTS_V1, 3_169_414)])
def test_the_networks_of_darts(genotype: str, params: int) -> None:
    """`DARTS_V1` and `DARTS_V2` of cnn/genotypes.py of quark0/darts: 36 channels, 20 cells, no auxiliary head."""
    space = DARTS()
    assert count(CellsNetwork(space, space.parse(genotype))) == params


@pytest.mark.parametrize("factory", [None, NormalisedPools()])
def test_the_search_network_of_darts(factory: NormalisedPools | None) -> None:
    """Printed by its search, cnn/train_search.py of quark0/darts: 1.930618 MB; `none` and its pools have no weights."""
    assert count(CellsSupernet(DARTS(channels=16, cells=8), affine=False, factory=factory)) == 1_930_618


def test_the_search_network_of_pc_darts() -> None:
    """16 channels, 8 cells, one channel in four passes the operations: train_search.py of yuhuixu1993/PC-DARTS."""
    space = DARTS(channels=16, cells=8)
    assert count(CellsSupernet(space, affine=False, factory=NormalisedPools(), partial=4)) == 299_578


@pytest.mark.parametrize("name", AW_NAS)
def test_the_final_networks_of_aw_nas(name: str) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    _, _, params, mega_flops = AW_NAS[name]
    space, arch = aw_nas(name)
    network = CellsNetwork(space, arch).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 3, 32, 32))
    assert count(network) == params == total_params(space.layers(arch))
    assert counter.get_total_flops() == 2 * total_macs(space.layers(arch))
    assert counter.get_total_flops() / 1e6 == pytest.approx(mega_flops, abs=0.005)


@pytest.mark.parametrize(("name", "head"), [("darts", 476_426), ("enas", 494_858)])
def test_the_auxiliary_heads_of_aw_nas(name: str, head: int) -> None:
    space, arch = aw_nas(name)
    with torch.device("meta"):  # the weights do not matter
        both = count(CellsNetwork(space, arch, auxiliary=True))
    assert both == AW_NAS[name][2] + head
