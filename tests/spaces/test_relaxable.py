"""What every space has to keep to that is also a matrix of operations on edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import AgentError
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.layers import total_macs, total_params
from awnas_gym.spaces.relaxable import Relaxable

SMALL = {"darts": {"channels": 4, "cells": 5}, "nasbench301": {"channels": 4, "cells": 5}, "custom": None}
NAMES = [name for name in SPACES if name != "custom" and issubclass(SPACES.load(name), Relaxable)]
every_space = pytest.mark.parametrize("name", NAMES)


def made(name: str) -> Any:
    return SPACES.load(name)(**SMALL.get(name, {}))


def test_there_are_some() -> None:
    assert {"darts", "nasbench201", "nasbench301", "fbnet"} <= set(NAMES)


@every_space
def test_the_matrix_of_an_architecture_gives_it_back(name: str) -> None:
    space = made(name)
    for arch in space.sample(np.random.default_rng(0), 50):
        matrix = space.relax(arch)
        assert matrix.shape == (len(space.edge_names), len(space.edge_operations))
        assert set(np.unique(matrix)) <= {0.0, 1.0}
        assert not matrix[~space.edge_legal].any()
        assert np.array_equal(space.discretize(matrix), arch)
        assert np.array_equal(space.discretize(matrix.ravel() * 0.3 + 0.1), arch), "only their order counts"


@every_space
def test_any_matrix_stands_for_a_legal_architecture(name: str) -> None:
    space, rng = made(name), np.random.default_rng(0)
    shape = (len(space.edge_names), len(space.edge_operations))
    for matrix in (np.zeros(shape), np.ones(shape), *rng.uniform(size=(30, *shape))):
        arch = space.discretize(matrix)
        assert space.check(arch).shape == (1, len(space.cardinalities))
        assert arch.dtype == space.dtype


@every_space
@pytest.mark.parametrize("total", [total_macs, total_params])
def test_layers_of_edges_add_up_to_those_of_the_network(name: str, total: Any) -> None:
    """What is left is the same for every architecture: what is not chosen."""
    space = made(name)
    left = {
        total(space.layers(arch)) - sum(total(space.edge_layers(*cell)) for cell in np.argwhere(space.relax(arch)))
        for arch in space.sample(np.random.default_rng(0), 20)
    }
    assert len(left) == 1
    assert left.pop() > 0


@every_space
def test_groups_hold_every_edge_once(name: str) -> None:
    space = made(name)
    assert [edge for group in space.edge_groups for edge in group] == list(range(len(space.edge_names)))


@every_space
def test_what_is_no_matrix_is_named(name: str) -> None:
    space = made(name)
    shape = (len(space.edge_names), len(space.edge_operations))
    with pytest.raises(AgentError, match=f"{shape[0]} edges by {shape[1]} operations"):
        space.discretize(np.zeros((shape[0], shape[1] + 1)))
    wrong = np.zeros(shape)
    wrong[0, 1] = np.inf
    with pytest.raises(AgentError, match=rf"the weight of {space.edge_operations[1]} on .* is inf"):
        space.discretize(wrong)


def test_the_strongest_edges_of_darts() -> None:
    """Two edges a node by their strongest operation that is not `none`, lower values first."""
    space = made("darts")
    matrix = np.zeros((28, 8))
    matrix[:, 0] = 9.0  # none
    matrix[2, 4], matrix[3, 1], matrix[4, 7] = 0.3, 0.2, 0.4  # of the second node's three edges: 0, 1 and node 2
    assert space.edges(space.discretize(matrix))[0][2:4] == [("sep_conv_3x3", 0), ("dil_conv_5x5", 2)]


def test_none_may_win_in_nasbench201() -> None:
    space = made("nasbench201")
    matrix = np.full((6, 5), 0.1)
    matrix[2, 0], matrix[5, 3] = 0.2, 0.2
    assert space.genotype(space.discretize(matrix)) == "|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"
