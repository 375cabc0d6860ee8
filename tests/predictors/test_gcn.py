"""What the graph convolutional network reads."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.spaces.nasbench101 import EDGES, NASBench101
from awnas_gym.spaces.nasbench201 import NASBench201

pytest.importorskip("torch")

from awnas_gym.predictors.gcn import GCN


def test_operations_on_edges_are_vertices_and_all_lead_to_the_first() -> None:
    space = NASBench201()
    predictor = GCN(space)
    row = space.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|")
    numbers, links = (each.numpy() for each in predictor._inputs(row[None]))
    of = predictor._reader._numbers
    names = ["nor_conv_3x3", "skip_connect", "avg_pool_3x3", "nor_conv_1x1"]
    assert numbers[0].tolist() == [
        predictor._reader.labels, *(of[name] for name in ("input", "1", "2", "output", *names))
    ]  # fmt: skip
    there = {(target, source) for target, source in zip(*np.nonzero(links[0]), strict=True) if target != source}
    assert {pair for pair in there if pair[0] == 0} == {(0, vertex) for vertex in range(1, 9)}
    assert there - {(0, vertex) for vertex in range(1, 9)} == {
        (5, 1), (2, 5), (6, 2), (3, 6), (7, 1), (4, 7), (8, 3), (4, 8),
    }  # fmt: skip
    np.testing.assert_allclose(links.sum(axis=2), 1, rtol=1e-6)


def test_isomorphic_graphs_have_the_same_score() -> None:
    space = NASBench101()
    predictor = GCN(space, epochs=2, hidden=16)
    rows = space.sample(np.random.default_rng(0), 20)
    predictor.fit(rows, np.arange(20.0))
    one, two = np.zeros((2, 26), dtype=np.int64)
    for row, pair in ((one, (1, 2)), (two, (3, 2))):  # the same two branches, by other vertices
        for vertex, operation in zip(pair, (0, 2), strict=True):
            row[EDGES.index((0, vertex))] = row[EDGES.index((vertex, 6))] = 1
            row[len(EDGES) + vertex - 1] = operation
    assert space.key(one) == space.key(two)
    found = predictor.predict([one, two])
    assert found[0] == pytest.approx(found[1], abs=1e-5)
    assert predictor.predict(rows).std() > 1e-3
