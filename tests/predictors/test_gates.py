"""What GATES computes, and what it does not look at."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from awnas_gym.spaces.nasbench101 import EDGES, NASBench101
from awnas_gym.spaces.nasbench201 import NASBench201

torch = pytest.importorskip("torch")

from awnas_gym.predictors.gates import GATES  # noqa: E402 - needs torch
from awnas_gym.predictors.graphs import PLAIN, UNSEEN  # noqa: E402


def fitted(space, **settings):
    """Return GATES that has learned from random rewards."""
    rows = space.sample(np.random.default_rng(0), 20)
    predictor = GATES(space, epochs=5, hidden=16, **settings)
    predictor.fit(rows, np.random.default_rng(1).random(20))
    return predictor


def embeddings(predictor, rows):
    with torch.no_grad():
        return predictor._network.embed(*predictor._inputs(np.asarray(rows))).numpy()


def relabelled(row, order):
    """Return the NAS-Bench-101 graph with its interior vertices in another order; None if an edge is turned around."""
    place = [0, *order, 6]
    copy = row.copy()
    copy[: len(EDGES)] = 0
    for (source, target), there in zip(EDGES, row, strict=False):
        if there and (place[source], place[target]) not in EDGES:
            return None
        if there:
            copy[EDGES.index((place[source], place[target]))] = 1
    for vertex in range(1, 6):
        copy[len(EDGES) + place[vertex] - 1] = row[len(EDGES) + vertex - 1]
    return copy


def test_isomorphic_graphs_have_the_same_embedding_and_others_have_not():
    space = NASBench101()
    predictor = fitted(space)
    compared = 0
    for row in space.sample(np.random.default_rng(2), 12):
        same = [relabelled(row, order) for order in itertools.permutations(range(1, 6))]
        same = [each for each in same if each is not None]
        assert {space.key(each) for each in same} == {space.key(row)}
        found = embeddings(predictor, same)
        np.testing.assert_allclose(found, found[[0]].repeat(len(same), axis=0), rtol=0, atol=1e-5)
        compared += len(same) - 1
    assert compared > 50
    rows = space.sample(np.random.default_rng(3), 200)
    _, first = np.unique([space.key(row) for row in rows], return_index=True)
    found = embeddings(predictor, rows[first])
    apart = np.abs(found[:, None] - found).max(axis=2) + np.eye(len(found))
    assert apart.min() > 1e-6


def test_what_is_cut_off_changes_nothing():
    space = NASBench101()
    predictor = fitted(space)
    row = np.zeros(26, dtype=np.int64)
    row[EDGES.index((0, 6))] = 1
    dead = row.copy()
    dead[EDGES.index((0, 3))], dead[len(EDGES) + 2] = 1, 2
    assert np.array_equal(predictor.predict([row]), predictor.predict([dead]))


def test_edges_that_carry_nothing_change_nothing():
    space = NASBench201()
    predictor = fitted(space)
    none, conv = 0, 3
    cell = [none, none, none, conv, none, none]
    for dead in ([none, none, none, conv, conv, none], [conv, none, none, conv, none, none], [0, 0, 1, 3, 4, 2]):
        np.testing.assert_allclose(embeddings(predictor, [dead]), embeddings(predictor, [cell]), atol=1e-6)
    alive = embeddings(predictor, [[none, none, none, conv, none, none], [conv, none, none, conv, conv, none]])
    assert np.abs(alive[0] - alive[1]).max() > 1e-4
    assert np.isfinite(predictor.predict([[none] * 6])).all()


@pytest.mark.parametrize("space", [NASBench101(), NASBench201()], ids=["on vertices", "on edges"])
def test_the_formula(space):
    """One graph at a time, one vertex and one edge after another."""
    predictor = fitted(space)
    network, reader = predictor._network, predictor._reader
    rows = space.sample(np.random.default_rng(4), 5)
    found = embeddings(predictor, rows)
    for row, embedding in zip(rows, found, strict=True):
        names, edges = reader.read(row)
        numbers = [reader._numbers[name] for name in names]
        with torch.no_grad():
            states = [network.widen(network.starts.weight[n if i == 0 else PLAIN]) for i, n in enumerate(numbers)]
            for k, (layer, gate) in enumerate(zip(network.layers, network.gates, strict=True)):
                states = [layer(state.relu() if k else state) for state in states]
                after = []
                for i, number in enumerate(numbers):
                    total = torch.zeros_like(states[0])
                    for source, target, label in edges:
                        if target == i:
                            operation = network.operations.weight[reader._numbers.get(label, UNSEEN)]
                            total += states[source] * (torch.sigmoid(gate(operation)) if label else 1)
                    if reader.on_nodes:
                        after.append(total * torch.sigmoid(gate(network.operations.weight[number])) + states[i])
                    else:
                        after.append(total + states[i] if i == 0 else total)
                states = after
            mean = torch.stack(states[1:]).mean(dim=0)
        np.testing.assert_allclose(embedding, mean.numpy(), atol=1e-5)
