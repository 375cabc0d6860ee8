"""Stage-wise spaces as matrices: a row a layer, a column a block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awnas_gym.spaces import SPACES
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.stages import AbstractStages

SPACES_OF_STAGES: dict[str, AbstractStages] = {
    name: SPACES.load(name)() for name in ("nasbench_macro", "fbnet", "proxylessnas")
}
every_space = pytest.mark.parametrize("space", SPACES_OF_STAGES.values(), ids=SPACES_OF_STAGES)
RNG = np.random.default_rng(0)


@every_space
def test_rows_are_layers_and_columns_blocks(space: AbstractStages) -> None:
    assert space.edge_names == space.decision_names
    assert space.edge_operations == space.blocks
    assert space.edge_groups == tuple((i,) for i in range(len(space.cardinalities)))
    assert space.edge_legal.sum(axis=1).tolist() == list(space.cardinalities)
    for i, cardinality in enumerate(space.cardinalities):
        assert space.edge_legal[i, :cardinality].all()


@every_space
def test_the_strongest_block_of_a_layer_is_chosen_where_it_is_possible(space: AbstractStages) -> None:
    for arch in space.sample(RNG, 20):
        weights = RNG.uniform(0, 0.4, size=space.edge_legal.shape)
        weights[np.arange(len(arch)), arch] = 0.5
        weights[~space.edge_legal] = 0.9
        assert np.array_equal(space.discretize(weights), arch)
    assert space.discretize(np.zeros(space.edge_legal.size)).tolist() == [0] * len(space.cardinalities)


@every_space
def test_a_network_is_its_stem_the_layers_of_its_blocks_and_its_head(space: AbstractStages) -> None:
    for arch in space.sample(RNG, 5):
        layers: list[LayerSpec] = [*space.stem()]
        for edge, operation in enumerate(arch.tolist()):
            layers += space.edge_layers(edge, operation)
        assert layers + space.head() == space.layers(arch)


@pytest.mark.parametrize("settings", [{}, {"channels": 4, "variant": "cifar", "image_size": 14}])
def test_fbnet_in_proportion(settings: dict[str, Any]) -> None:
    space = SPACES.load("fbnet")(**settings)
    widths = [16, 24, 32, 64, 112, 184, 352] if not settings else [8, 8, 8, 16, 32, 48, 88]
    assert [space.places[1 + i].c_out for i in (0, 1, 5, 9, 13, 17, 21)] == widths
    assert space.size == 9**22
    assert SPACES.load("fbnet")(**space.settings).places == space.places
