"""Architectures as Gymnasium's graphs."""

from __future__ import annotations

import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from awnas_gym.envs.wrappers import GraphObservation
from awnas_gym.errors import SettingError
from awnas_gym.spaces.nasbench201 import EDGES, OPERATIONS
from tests.envs.episodes import make
from tests.toy import toy_env

modes = pytest.mark.parametrize(
    "keywords", [{}, {"mask_in_obs": True}, {"action_mode": "joint"}, {"action_mode": "edit"}], ids=str
)


@modes
def test_check_env(tiny: str, keywords: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version.*")
        check_env(GraphObservation(make(tiny, **keywords).unwrapped), skip_render_check=True)


def test_a_cell_as_it_grows(tiny: str) -> None:
    env = GraphObservation(make(tiny))
    assert env.node_labels == ("1", "2", "input", "output")
    assert env.edge_labels == tuple(sorted(OPERATIONS))
    graph, _ = env.reset(seed=0)
    assert [env.node_labels[node - 1] for node in graph.nodes] == ["input", "1", "2", "output"]
    assert graph.edges.tolist() == [0] * 6
    assert graph.edge_links.tolist() == [list(edge) for edge in EDGES]
    for made, operation in enumerate([3, 0, 1, 2, 4, 3], start=1):
        graph = env.step(operation)[0]
        assert env.observation_space.contains(graph)
        assert env.edge_labels[graph.edges[made - 1] - 1] == OPERATIONS[operation]
        assert np.count_nonzero(graph.edges) == made


def test_labels_of_nodes() -> None:
    env = GraphObservation(toy_env())
    assert env.node_labels == ("0", "1", "2", "3", "input", "output")
    graph, _ = env.reset(seed=0)
    assert graph.nodes.tolist() == [5, 0, 0, 0, 0, 0, 6]
    assert graph.edges.tolist() == [1] * 6


def test_labels_may_be_given() -> None:
    env = GraphObservation(toy_env(), node_labels=["input", "output", "2"], edge_labels=[""])
    assert env.reset(seed=0)[0].nodes.tolist() == [1, 0, 0, 0, 0, 0, 2]
    assert env.step(2)[0].nodes.tolist() == [1, 3, 0, 0, 0, 0, 2]
    with pytest.raises(SettingError, match=r"No node label named '1'.*node_labels=\.\.\."):
        env.step(1)


def test_foreign_environments_are_refused() -> None:
    with pytest.raises(SettingError, match="a search space as attribute 'space'"):
        GraphObservation(gym.make("CartPole-v1"))
