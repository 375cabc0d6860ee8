"""Graphs as padded arrays."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.predictors.graphs import PLAIN, GraphReader
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.nasbench101 import NASBench101
from awnas_gym.spaces.nasbench201 import NASBench201


def test_a_batch_is_padded() -> None:
    space = NASBench201()
    reader = GraphReader(space)
    graphs = reader(space.check([[0, 0, 0, 3, 0, 0], [1, 0, 2, 4, 0, 3], [0] * 6]))
    one, skip, two = (reader._numbers[name] for name in ("nor_conv_3x3", "skip_connect", "nor_conv_1x1"))
    pool = reader._numbers["avg_pool_3x3"]
    assert (graphs.nodes > 0).sum(axis=1).tolist() == [2, 4, 2]
    assert graphs.is_input.tolist() == [[True, False, False, False]] * 3
    assert graphs.labels.tolist() == [[one, 0, 0, 0], [skip, two, pool, one], [0] * 4]
    assert graphs.sources[1].tolist() == [0, 1, 0, 2]
    assert graphs.targets[1].tolist() == [1, 2, 3, 3]


def test_vertices_on_no_path_are_cut_off() -> None:
    space = NASBench101()
    # input -> 1 -> 2 -> output and input -> output; 1 -> 5 ends, 3 -> 4 -> output begins nowhere
    matrix = "0100001/0010010/0000001/0000100/0000001/0000000/0000000"
    row = space.parse(f"{matrix} {','.join(5 * ['maxpool3x3'])}")
    names, edges = GraphReader(space).read(row)
    assert names == ["input", "maxpool3x3", "maxpool3x3", "output"]
    assert sorted(edges) == [(0, 1, ""), (0, 3, ""), (1, 2, ""), (2, 3, "")]


@pytest.mark.parametrize(
    ("name", "on_nodes", "on_edges"),
    [
        ("nasbench201", False, True),
        ("nasbench101", True, False),
        ("darts", False, True),
        ("nasbench_asr", True, False),
        ("nasbench_nlp", True, True),
        ("fbnet", False, True),
    ],
)
def test_where_operations_are(name: str, on_nodes: bool, on_edges: bool) -> None:
    reader = GraphReader(SPACES.load(name)())
    assert (reader.on_nodes, reader.on_edges) == (on_nodes, on_edges)


def test_a_cell_with_several_inputs_keeps_what_each_of_them_leads_to() -> None:
    space = SPACES.load("nasbench_nlp")()
    reader = GraphReader(space)
    assert "x" in reader._inputs
    assert not any(name.startswith(("linear", "elementwise", "activation", "blend")) for name in reader._inputs)
    graphs = reader(space.sample(np.random.default_rng(0), 20))
    assert (graphs.is_input.sum(axis=1) > 1).any()
    assert (graphs.labels[graphs.labels > 0] >= PLAIN).all()
