"""Perceptrons side by side: what they compute, and how they learn."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.predictors.perceptrons import Perceptrons


def test_each_member_is_a_perceptron_of_its_own() -> None:
    network = Perceptrons(3, 5, 4, 2, rng=np.random.default_rng(0))
    for _, biases in network._layers:
        biases[:] = np.random.default_rng(1).normal(size=biases.shape)
    features = np.random.default_rng(2).normal(size=(6, 5)).astype(np.float32)
    for member, found in enumerate(network(features)):
        x = features
        for i, (weights, biases) in enumerate(network._layers):
            x = x @ weights[member] + biases[member]
            x = np.maximum(x, 0) if i < 2 else x
        np.testing.assert_allclose(found, x[:, 0], rtol=1e-5)
    first = network._layers[0][0]
    assert np.abs(first).max() <= (6 / 9) ** 0.5
    assert not np.array_equal(first[0], first[1])


@pytest.mark.parametrize("layers", [1, 3])
def test_steps_are_those_of_torch(layers: int) -> None:
    torch = pytest.importorskip("torch")
    network = Perceptrons(2, 5, 4, layers, rng=np.random.default_rng(0))
    tensors = [torch.tensor(part.copy(), requires_grad=True) for layer in network._layers for part in layer]
    optimiser = torch.optim.Adam(tensors, lr=0.01)
    rng = np.random.default_rng(1)
    for _ in range(20):
        features, wanted = rng.normal(size=(7, 5)).astype(np.float32), rng.normal(size=7).astype(np.float32)
        network.step(features, lambda scores, wanted=wanted: 2 * (scores - wanted) / 7, 0.01)
        x = torch.as_tensor(features)
        for i in range(layers + 1):
            x = x @ tensors[2 * i] + tensors[2 * i + 1]
            x = x.relu() if i < layers else x
        optimiser.zero_grad()
        (x.squeeze(-1) - torch.as_tensor(wanted)).square().mean(dim=1).sum().backward()
        optimiser.step()
    for found, expected in zip((part for layer in network._layers for part in layer), tensors, strict=True):
        np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-4, atol=1e-5)
