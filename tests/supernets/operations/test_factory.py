"""Layers of another kind: no part of the package is patched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import SettingError
from awnas_gym.spaces.darts import DARTS
from awnas_gym.spaces.enas import ENAS
from awnas_gym.supernets.operations import OPERATIONS, make_operation

torch = pytest.importorskip("torch", reason="operations need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.supernets.binary import BirealSign, Sign  # noqa: E402
from awnas_gym.supernets.cells import CellsNetwork, CellsSupernet  # noqa: E402
from awnas_gym.supernets.operations.factory import LayerFactory, NormalisedPools  # noqa: E402
from awnas_gym.supernets.values import Values  # noqa: E402

SIZES = {"channels": 4, "cells": 4, "image_channels": 2, "image_size": 9, "classes": 3}


class SignConv(torch.nn.Conv2d):
    """Only the signs of the weights count."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._conv_forward(x, torch.sign(self.weight), self.bias)


class Signs(LayerFactory):
    """Every convolution is a `SignConv`."""

    def convolution(self, c_in: int, c_out: int, kernel: tuple[int, int], **settings: Any) -> torch.nn.Module:
        return SignConv(c_in, c_out, kernel, **settings)


class Wrapping(LayerFactory):
    """Every layer is noted, and stands in a module of its own."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def _wrap(self, kind: str, module: torch.nn.Module) -> torch.nn.Module:
        self.made.append(kind)
        return torch.nn.Sequential(module)

    def convolution(self, c_in: int, c_out: int, kernel: tuple[int, int], **settings: Any) -> torch.nn.Module:
        return self._wrap("convolution", super().convolution(c_in, c_out, kernel, **settings))

    def binary_convolution(self, c_in: int, c_out: int, kernel: tuple[int, int], **settings: Any) -> torch.nn.Module:
        return self._wrap("binary_convolution", super().binary_convolution(c_in, c_out, kernel, **settings))

    def batch_norm(self, channels: int, *, affine: bool = True) -> torch.nn.Module:
        return self._wrap("batch_norm", super().batch_norm(channels, affine=affine))

    def activation(self, kind: Any) -> torch.nn.Module:
        return self._wrap("activation", super().activation(kind))

    def pooling(self, *arguments: Any, **settings: Any) -> torch.nn.Module:
        return self._wrap("pooling", super().pooling(*arguments, **settings))

    def linear(self, c_in: int, c_out: int, *, bias: bool = True) -> torch.nn.Module:
        return self._wrap("linear", super().linear(c_in, c_out, bias=bias))


LEAVES = (
    torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.AvgPool2d, torch.nn.MaxPool2d, torch.nn.Linear, torch.nn.ReLU,
    torch.nn.ReLU6, torch.nn.Hardswish, torch.nn.Hardsigmoid, torch.nn.Hardtanh, torch.nn.Sigmoid, torch.nn.Tanh,
    Sign, BirealSign,
)  # fmt: skip


def kinds(network: torch.nn.Module) -> list[type[torch.nn.Module]]:
    return [type(module) for module in network.modules() if isinstance(module, torch.nn.Conv2d)]


def images() -> torch.Tensor:
    return torch.randn(2, 2, 9, 9, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_factory_makes_every_layer_of_an_operation(name: str) -> None:
    kind = OPERATIONS.load(name)
    channels = (8, 16) if name in {"dense_block", "resnet_block_pool_downsample"} else (8, 8)
    stride = kind.strides[-1]
    factory = Wrapping()
    made = make_operation(name, *channels, stride=stride, factory=factory)
    leaves = [module for module in made.modules() if isinstance(module, LEAVES)]
    assert len(leaves) == len(factory.made)
    plain = make_operation(name, *channels, stride=stride)
    plain.load_state_dict(dict(zip(plain.state_dict(), made.state_dict().values(), strict=True)))
    x = torch.randn(2, 8, 9, 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(made(x), plain(x))


@pytest.mark.parametrize("space", [DARTS(**SIZES), ENAS(**SIZES)], ids=["darts", "enas"])
def test_every_convolution_of_a_network_is_replaced(space: Any) -> None:
    arch = space.sample(np.random.default_rng(0), 1)[0]
    supernet = CellsSupernet(space, auxiliary=True, factory=Signs())
    supernet.initialise(torch.Generator().manual_seed(0))
    derived = supernet.derive(arch)
    for network in (supernet, CellsNetwork(space, arch, auxiliary=True, factory=Signs()), derived):
        assert set(kinds(network)) == {SignConv}
    torch.testing.assert_close(derived(images()), supernet(images(), arch))
    before = supernet(images(), arch)[0]
    with torch.no_grad():
        for module in supernet.modules():
            if isinstance(module, SignConv):
                module.weight.mul_(7)
    torch.testing.assert_close(supernet(images(), arch)[0], before)


def test_wrapped_layers_give_the_same_network() -> None:
    """Loose ends too, where the supernet runs a part of a convolution's weights."""
    space = ENAS(**SIZES)
    factory = Wrapping()
    supernet = CellsSupernet(space, auxiliary=True, factory=factory)
    plain = CellsSupernet(space, auxiliary=True)
    supernet.initialise(torch.Generator().manual_seed(0))
    plain.initialise(torch.Generator().manual_seed(0))
    leaves = [module for module in supernet.modules() if isinstance(module, LEAVES)]
    assert len(leaves) == len(factory.made)
    assert set(factory.made) == {"convolution", "batch_norm", "activation", "pooling", "linear"}
    for arch in space.sample(np.random.default_rng(0), 3):
        torch.testing.assert_close(supernet(images(), arch), plain(images(), arch))
        torch.testing.assert_close(supernet.derive(arch)(images()), plain(images(), arch))


def test_normalised_pools_are_those_of_the_search_network_of_darts() -> None:
    network = make_operation("avg_pool_3x3", 4, 4, stride=2, factory=NormalisedPools())
    out = network(torch.randn(8, 4, 9, 9, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(out.mean(dim=(0, 2, 3)), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.var(dim=(0, 2, 3), unbiased=False), torch.ones(4), atol=1e-3, rtol=0)
    assert not list(network.parameters())


def test_an_activation_of_a_factory_is_each_operations_own() -> None:
    """What is no plain ReLU is not shared between the operations that read a value."""

    class Learned(LayerFactory):
        def activation(self, kind: Any) -> torch.nn.Module:
            return torch.nn.PReLU()

    x = torch.randn(1, 4, 5, 5, generator=torch.Generator().manual_seed(0))
    values = Values(x)
    learned = make_operation("relu_conv_bn_1x1", 4, 4, factory=Learned())
    with torch.no_grad():
        learned.relu.weight.fill_(1.0)  # the identity
    torch.testing.assert_close(values.through(learned, 0), learned.body(x))
    plain = make_operation("relu_conv_bn_1x1", 4, 4)
    torch.testing.assert_close(values.through(plain, 0), plain(x))


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(SettingError, match="Did you mean 'h_swish'"):
        LayerFactory().activation("hswish")
