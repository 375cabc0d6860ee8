"""NAS-Bench-101: the published number of parameters, weights that are cut out, what cannot be divided."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import SettingError
from awnas_gym.spaces.nasbench101 import NASBench101

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.supernets.nasbench101 import Network, Supernet  # noqa: E402

GRAPH = "0100110/0010000/0001001/0000010/0000010/0000001/0000000 "
FIRST = GRAPH + "conv3x3-bn-relu,maxpool3x3,conv3x3-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu"
SMALL = NASBench101(channels=5, cells=1, image_channels=2, image_size=9, classes=3)


def test_golden_parameters() -> None:
    """science.md, golden number 5: the first record of the data set."""
    space = NASBench101()
    with torch.device("meta"):
        network = Network(space, space.parse(FIRST))
    assert sum(p.numel() for p in network.parameters()) == 8_555_530


def test_the_shortest_graph_is_a_projection() -> None:
    arch = SMALL.from_matrix([[0, 1], [0, 0]], ["input", "output"])
    network = Network(SMALL, arch)
    assert [name for name, _ in network.stacks[0][0].named_children()] == ["projections", "operations"]
    assert list(network.stacks[0][0].projections) == ["output"]
    assert not network.stacks[0][0].operations
    assert network(torch.zeros(2, 2, 9, 9)).shape == (2, 3)


def test_a_narrow_vertex_trains_the_first_channels_alone() -> None:
    """Two vertices divide 5 channels into 3 and 2: weights and statistics of the others stay as they are."""
    matrix = np.zeros((4, 4), dtype=int)
    matrix[0, 1:3] = matrix[1:3, 3] = 1
    arch = SMALL.from_matrix(matrix, ["input", "conv3x3-bn-relu", "conv1x1-bn-relu", "output"])
    supernet = Supernet(SMALL)
    supernet.initialise(torch.Generator().manual_seed(0))
    supernet(torch.randn(4, 2, 9, 9, generator=torch.Generator().manual_seed(1)), arch).square().sum().backward()
    cell = supernet.network.stacks[0][0]
    for operation, width in (("1-conv3x3-bn-relu", 3), ("2-conv1x1-bn-relu", 2)):
        convolution, norm, _ = cell.operations[operation]
        gradient = convolution.weight.grad
        assert gradient[:width, :width].abs().sum() > 0
        assert gradient.abs().sum() == gradient[:width, :width].abs().sum()
        assert (norm.running_mean != 0).tolist() == [True] * width + [False] * (5 - width)
        assert norm.num_batches_tracked == 1
    assert cell.operations["1-conv1x1-bn-relu"][0].weight.grad is None


def test_channels_that_cannot_be_divided_are_refused() -> None:
    space = NASBench101(channels=4, cells=1)
    for make in (Supernet, lambda space: Network(space, space.parse(FIRST))):
        with pytest.raises(SettingError, match=r"channels of nasbench101 are 5 or more.*got 4"):
            make(space)
