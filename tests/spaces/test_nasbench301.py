"""The space of NAS-Bench-301: its network and its configurations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awnas_gym.errors import GenotypeError
from awnas_gym.spaces import SPACES
from tests.spaces.test_darts import V1

SPACE = SPACES.load("nasbench301")()
PREFIX = "NetworkSelectorDatasetInfo:darts:"


def test_the_space_is_that_of_darts_in_another_network() -> None:
    darts = SPACES.load("darts")
    assert SPACE.size == darts().size
    assert SPACE.layers(SPACE.parse(V1)) == darts(channels=32, cells=8).layers(darts().parse(V1))
    assert SPACE.operations == (
        "max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5",
    )  # fmt: skip


def test_a_configuration_numbers_edges_by_what_they_read() -> None:
    """The benchmark's ConfigSpace has 56 hyperparameters, 28 edges and 6 pairs for the two cells; 22 say something."""
    found = SPACE.configuration(SPACE.parse(V1))
    assert len(found) == 22
    assert found[f"{PREFIX}edge_normal_0"] == "sep_conv_3x3"
    assert found[f"{PREFIX}edge_normal_2"] == "skip_connect"  # of node 3, from value 0
    assert found[f"{PREFIX}inputs_node_normal_5"] == "0_2"
    assert found[f"{PREFIX}edge_normal_11"] == "skip_connect"  # of node 5, from value 2
    assert found[f"{PREFIX}inputs_node_reduce_3"] == "0_2"
    assert found[f"{PREFIX}edge_reduce_4"] == "skip_connect"


@given(seed=st.integers(0, 2**32 - 1))
def test_configurations_are_read_back(seed: int) -> None:
    arch = SPACE.sample(np.random.default_rng(seed), 1)[0]
    assert np.array_equal(SPACE.from_configuration(SPACE.configuration(arch)), arch)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({f"{PREFIX}edge_normal_0": None}, "lacks a value: No hyperparameter named .*edge_normal_0'"),
        ({f"{PREFIX}edge_normal_4": "skip_connect"}, "edge_normal_4' says nothing about this architecture"),
        ({f"{PREFIX}inputs_node_normal_3": "1_0"}, "inputs_node_normal_3 is '1_0'; the form is '0_1'"),
        ({f"{PREFIX}edge_reduce_0": "none"}, "reduce node 2: No operation named 'none'"),
    ],
)
def test_wrong_configurations_are_refused(change: dict[str, str | None], message: str) -> None:
    changed = {**SPACE.configuration(SPACE.parse(V1)), **change}
    with pytest.raises(GenotypeError, match=message):
        SPACE.from_configuration({name: value for name, value in changed.items() if value is not None})
