"""Sums over the layers of networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import MissingLayerError, SettingError
from awnas_gym.hardware import LayerSum, LayerTable, deployed, layers_of, open_device
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.layers import LayerSpec

IMAGES = [
    name
    for name in ("nasbench201", "darts", "enas", "nasbench101", "fbnet", "ofa_mbv3", "nats_size", "transnas_micro")
    if name in SPACES
]


@pytest.mark.parametrize("name", IMAGES)
def test_the_sum_over_layers(name: str) -> None:
    space: Any = SPACES.load(name)()
    device = open_device("eyeriss")
    archs = space.sample(np.random.default_rng(0), 5)
    found = LayerSum(space, device)(archs)
    assert set(found) == {"energy_mj", "latency_ms"}
    for i, arch in enumerate(archs):
        for metric, costs in device.costs(deployed(space.layers(arch))).items():
            assert found[metric][i] == pytest.approx(costs.sum(), rel=1e-9)


def test_a_batch_of_all_cells_and_of_one() -> None:
    space: Any = SPACES.load("nasbench201")(channels=4, cells=1)
    cost = LayerSum(space, open_device("roofline-v100"))
    every = cost(space.enumerate())["latency_ms"]
    assert every.shape == (15_625,)
    assert cost(space.unindex([7]))["latency_ms"] == every[7]
    assert cost.card["device"].startswith("NVIDIA")


@pytest.mark.parametrize("name", ["nasbench201", "fbnet", "enas"])
def test_layers_of_a_space_are_those_of_all_its_networks(name: str) -> None:
    space: Any = SPACES.load(name)(**({"cells": 3} if name == "enas" else {}))
    layers = layers_of(space)
    assert len(layers) == len(set(layers))
    for arch in space.sample(np.random.default_rng(9), 50):
        assert set(deployed(space.layers(arch))) <= set(layers)


def test_a_device_that_lacks_a_layer_is_refused_at_once() -> None:
    space: Any = SPACES.load("nasbench201")()
    rows = {layer: {"latency_ms": 1.0} for layer in layers_of(space) if layer.kind != "avg_pool"}
    device = LayerTable("mine", rows, {"device": "mine"})
    with pytest.raises(MissingLayerError, match=r"avg_pool 16->16, 32x32, kernel 3 was not measured on mine.* 5 such"):
        LayerSum(space, device)
    with pytest.raises(
        MissingLayerError, match=r"machine: --space nasbench201 --setting channels=4 --setting cells=1$"
    ):
        LayerSum(SPACES.load("nasbench201")(channels=4, cells=1), device)


def test_a_table_of_other_networks_is_refused_where_parts_are_not_counted() -> None:
    small: Any = SPACES.load("darts")(cells=3, channels=4)
    rows = {layer: {"latency_ms": 1.0} for layer in layers_of(small)}
    table = LayerTable("mine", rows, {"device": "mine"})
    assert LayerSum(small, table)(small.sample(np.random.default_rng(1), 2))["latency_ms"].min() > 10
    with pytest.raises(MissingLayerError, match="was not measured on mine"):
        LayerSum(SPACES.load("darts")(cells=3, channels=6), table)


def test_a_space_without_layers_is_refused() -> None:
    with pytest.raises(SettingError, match="no layers of images"):
        LayerSum(SPACES.load("nasbench_graph")(), open_device("eyeriss"))


def test_norms_fold_into_the_convolution_before_them_once() -> None:
    conv, norm = LayerSpec("conv", 8, 8, 4, 4), LayerSpec("batch_norm", 8, 8, 4, 4, affine=False)
    pool = LayerSpec("avg_pool", 8, 8, 4, 4, kernel=3)
    folded = LayerSpec("conv", 8, 8, 4, 4, bias=True)
    alone = LayerSpec("batch_norm", 8, 8, 4, 4)
    assert deployed([conv, norm, pool, norm, conv, norm, norm]) == [folded, pool, alone, folded, alone]
    assert deployed([conv, pool]) == [conv, pool]
    assert deployed([]) == []
