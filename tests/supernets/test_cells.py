"""Networks of cells: what is shared, what is derived, what they hold."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.spaces.cells import AbstractCells
from awnas_gym.spaces.darts import DARTS
from awnas_gym.spaces.enas import ENAS

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.supernets.cells import CellsNetwork, CellsSupernet  # noqa: E402

SIZES = {"channels": 4, "cells": 5, "image_channels": 2, "image_size": 11, "classes": 3}
SPACES = [ENAS(**SIZES), ENAS(**SIZES, output="concat"), DARTS(**SIZES)]


@pytest.fixture(params=SPACES, ids=["enas", "enas-concat", "darts"])
def space(request: pytest.FixtureRequest) -> AbstractCells:
    found: AbstractCells = request.param
    return found


@pytest.fixture
def supernet(space: AbstractCells) -> CellsSupernet:
    supernet = CellsSupernet(space)
    supernet.initialise(torch.Generator().manual_seed(0))
    return supernet


def images(n: int = 4) -> torch.Tensor:
    return torch.randn(n, 2, 11, 11, generator=torch.Generator().manual_seed(1))


def test_a_plain_network_holds_and_computes_what_the_space_counts(space: AbstractCells) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    for arch in space.sample(np.random.default_rng(0), 15):
        network = CellsNetwork(space, arch)
        layers = space.layers(arch)
        assert sum(p.numel() for p in network.parameters()) == sum(layer.params for layer in layers)
        with FlopCounterMode(display=False) as counter:
            network(images(2))
        assert counter.get_total_flops() == 2 * 2 * sum(layer.macs for layer in layers)


@pytest.mark.parametrize("training", [True, False])
def test_a_derived_network_gives_the_same(supernet: CellsSupernet, training: bool) -> None:
    with torch.no_grad():
        for norm in supernet.modules():
            if isinstance(norm, torch.nn.BatchNorm2d):
                norm.running_mean.normal_(), norm.running_var.uniform_(0.5, 2), norm.weight.uniform_(0.5, 2)
        supernet.train(training)
        for arch in supernet.space.sample(np.random.default_rng(1), 10):
            network = supernet.derive(arch)
            before = {name: buffer.clone() for name, buffer in supernet.named_buffers()}
            plain = network(images())
            assert all(torch.equal(before[name], buffer) for name, buffer in supernet.named_buffers())
            assert network.training == training
            torch.testing.assert_close(plain, supernet(images(), arch), atol=1e-5, rtol=0)


def test_a_derived_network_shares_nothing(supernet: CellsSupernet) -> None:
    arch = supernet.space.sample(np.random.default_rng(2), 1)[0]
    network = supernet.derive(arch)
    before = {name: tensor.clone() for name, tensor in supernet.state_dict().items()}
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.add_(1)
    assert all(torch.equal(before[name], tensor) for name, tensor in supernet.state_dict().items())


def test_what_was_not_chosen_is_not_run(supernet: CellsSupernet) -> None:
    arch = supernet.space.sample(np.random.default_rng(3), 1)[0]
    chosen = dict(supernet.derive(arch).named_parameters())
    supernet(images(), arch).sum().backward()
    for name, parameter in supernet.named_parameters():
        assert (parameter.grad is not None) == (name.removeprefix("network.") in chosen), name


def test_a_value_is_rectified_once_whatever_reads_it() -> None:
    from torch.utils._python_dispatch import TorchDispatchMode

    class Calls(TorchDispatchMode):
        relus = 0

        def __torch_dispatch__(self, func: object, types: object, args: tuple = (), kwargs: dict | None = None):
            self.relus += func is torch.ops.aten.relu.default
            return func(*args, **kwargs or {})

    space = DARTS(channels=4, cells=1, image_channels=2, image_size=8, classes=3)
    conv = space.operations.index("sep_conv_3x3")
    network = CellsNetwork(space, [conv, conv, *[0, conv, conv] * 3] * 2)  # all nodes read the inputs
    with Calls() as calls:
        network(torch.zeros(1, 2, 8, 8))
    assert calls.relus == 2 + 2 + 8  # before the 1x1 convolutions, of the inputs, inside the operations


def test_architectures_share_what_they_have_in_common(supernet: CellsSupernet) -> None:
    archs = supernet.space.sample(np.random.default_rng(4), 2)
    logits = supernet(images(), archs[1]).detach()
    optimiser = torch.optim.SGD(supernet.parameters(), lr=0.1)
    supernet(images(), archs[0]).square().sum().backward()
    optimiser.step()
    assert not torch.allclose(supernet(images(), archs[1]), logits)


def test_first_weights_depend_on_the_generator_alone(space: AbstractCells) -> None:
    states = []
    for seed in (0, 0, 1):
        supernet = CellsSupernet(space)
        supernet(images(), space.sample(np.random.default_rng(seed), 1)[0])  # moves running statistics
        supernet.initialise(torch.Generator().manual_seed(seed))
        states.append(supernet.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not all(torch.equal(states[0][name], states[2][name]) for name in states[0])


def test_logits_have_a_deviation_near_one_at_first() -> None:
    """Weights are drawn so that neither a deep network's signal nor its gradient vanishes."""
    space = ENAS(channels=8, cells=8, image_channels=1, image_size=14)
    supernet = CellsSupernet(space)
    supernet.initialise(torch.Generator().manual_seed(0))
    x = torch.randn(32, 1, 14, 14, generator=torch.Generator().manual_seed(1))
    for arch in space.sample(np.random.default_rng(5), 8):
        assert 0.05 < float(supernet(x, arch).detach().std()) < 20


def test_loose_ends_gather_the_rows_of_the_ends() -> None:
    space = ENAS(**SIZES)
    network = CellsNetwork(space, [0] * 40)
    assert network.choices[0].ends == tuple(range(1, 7))
    assert network.cells[0].mix is not None
    assert network.cells[0].mix.conv.weight.shape == (4, 24, 1, 1)
