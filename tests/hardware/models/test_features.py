from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import MissingLayerError, SettingError
from awnas_gym.hardware import LayerTable, deployed, open_device
from awnas_gym.hardware.models.features import (
    LayerFeatures,
    NetworkFeatures,
    OperationCounts,
    Standardised,
    group_of,
    layer_features,
)
from awnas_gym.spaces.darts import DARTS
from awnas_gym.spaces.layers import LayerSpec, total_macs, total_params
from awnas_gym.spaces.nasbench_graph import NASBenchGraph
from awnas_gym.spaces.ofa_mbv3 import OFAMobileNetV3
from tests.hardware.made_up import SPACE, archs, device


def test_operations_are_counted() -> None:
    counts = OperationCounts(SPACE)
    assert counts.names == ("avg_pool_3x3", "none", "nor_conv_1x1", "nor_conv_3x3", "skip_connect")
    assert counts([[0, 1, 2, 3, 4, 3]]).tolist() == [[1, 1, 1, 2, 1]]
    blocks = OperationCounts(OFAMobileNetV3())
    arch = OFAMobileNetV3().sample(np.random.default_rng(0), 1)
    assert blocks.names[0] == "3x3"
    assert 10 <= blocks(arch).sum() <= 20


@pytest.mark.parametrize("space", [SPACE, OFAMobileNetV3(image_size=64), DARTS(cells=2)], ids=lambda space: space.name)
def test_sums_over_layers_are_those_of_the_networks(space) -> None:
    features = LayerFeatures(space)
    rows = space.sample(np.random.default_rng(1), 5)
    found = dict(zip(features.names, features(rows).T, strict=True))
    networks = [deployed(space.layers(row)) for row in rows]
    assert found["macs"].tolist() == [total_macs(layers) for layers in networks]
    assert found["params"].tolist() == [total_params(layers) for layers in networks]
    for name in features.names[:-3]:
        assert found[name].tolist() == [sum(group_of(layer) == name for layer in layers) for layers in networks]


def test_what_the_device_says_is_summed_by_group() -> None:
    table, rows = device(), archs(5)
    found = LayerFeatures(SPACE, device=table).of_device(rows)
    layers = deployed(SPACE.layers(rows[0]))
    assert found[0].sum() == pytest.approx(table.costs(layers)["latency_ms"].sum())
    convolutions = [layer for layer in layers if layer.kind == "conv" and layer.kernel == 3]
    column = LayerFeatures(SPACE, device=table).groups.index("conv 3x3")
    assert found[0, column] == pytest.approx(table.costs(convolutions)["latency_ms"].sum())


def test_a_layer_that_the_device_does_not_know_is_an_error() -> None:
    known = dict(device().rows)
    del known[next(layer for layer in known if layer.kernel == 3)]
    with pytest.raises(MissingLayerError, match="not measured"):
        LayerFeatures(SPACE, device=LayerTable("poor", known, {}))(archs(200))


def test_a_metric_that_the_device_does_not_know_is_an_error() -> None:
    with pytest.raises(SettingError, match="made-up knows latency_ms; no energy_mj"):
        LayerFeatures(SPACE, device=device(), metric="energy_mj")


def test_groups_tell_depthwise_convolutions_apart() -> None:
    assert group_of(LayerSpec("conv", 8, 8, 4, 4, kernel=5, groups=8)) == "conv 5x5 depthwise"
    assert group_of(LayerSpec("conv", 8, 8, 4, 4, kernel=5, groups=2)) == "conv 5x5 grouped"


def test_a_space_without_layers_has_the_other_features() -> None:
    space = NASBenchGraph()
    found = NetworkFeatures(space)
    assert found(space.sample(np.random.default_rng(0), 3)).shape == (3, found.counts.stop + sum(space.cardinalities))


def test_standardised_features_have_mean_0_and_deviation_1() -> None:
    given = np.array([[1.0, 5.0], [3.0, 5.0]])
    assert Standardised(given)(given).tolist() == [[-1, 0], [1, 0]]


def test_features_are_shared_by_spaces_of_the_same_settings_and_nothing_else() -> None:
    table, alike = device(), type(SPACE)(**SPACE.settings)
    shared = layer_features(SPACE, device=table)
    assert layer_features(alike, device=table) is shared
    assert layer_features(SPACE) is not shared
    assert layer_features(SPACE, device=device(seed=1)) is not shared
    assert layer_features(type(SPACE)(), device=open_device("eyeriss")) is not shared


def test_a_layer_of_a_kind_that_was_not_known_is_an_error() -> None:
    space = DARTS(cells=2)
    features = LayerFeatures(space)
    features.groups = features.groups[:-1]
    with pytest.raises(MissingLayerError, match="none of 200 networks had"):
        features(space.sample(np.random.default_rng(0), 20))
