"""Perceptrons in NumPy, for the other files: a file whose name begins with `_` is no plugin, but can be imported."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awnas_gym.data import Split
from awnas_gym.spaces import LayerSpec

BATCH, RATE, MOMENTUM = 20, 0.05, 0.9


def learning_curves(
    layers: list[LayerSpec], splits: dict[str, Split], *, epochs: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    """Train a perceptron by SGD and return its accuracy on each split after each epoch, float64 `[epochs]`."""
    rng = np.random.default_rng(seed)
    linear = [layer for layer in layers if layer.kind == "linear"]
    weights = [rng.normal(0, np.sqrt(2 / layer.c_in), (layer.c_in, layer.c_out)) for layer in linear]
    weights.append(np.zeros(linear[-1].c_out))  # the bias of the last layer
    speed = [np.zeros_like(weight) for weight in weights]
    relu = layers[1].kind == "relu"
    mean, deviation = splits["train"].images.mean(), splits["train"].images.std()
    data = {name: (split.images.reshape(len(split.labels), -1) - mean) / deviation for name, split in splits.items()}
    curves = {name: np.zeros(epochs) for name in splits}
    for epoch in range(epochs):
        for some in rng.permutation(len(data["train"])).reshape(-1, BATCH):
            gradients = _gradients(weights, data["train"][some], splits["train"].labels[some], relu=relu)
            for i, gradient in enumerate(gradients):
                speed[i] = MOMENTUM * speed[i] - RATE * gradient
                weights[i] = weights[i] + speed[i]
        for name, split in splits.items():
            guess = _forward(weights, data[name], relu=relu)[-1].argmax(axis=1)
            curves[name][epoch] = (guess == split.labels).mean()
    return curves


def _forward(weights: list[NDArray[np.float64]], x: NDArray[np.float64], *, relu: bool) -> list[NDArray[np.float64]]:
    """Return what goes into each layer, float64 `[batch, c_in]`, and the logits."""
    values = [x]
    for weight in weights[:-2]:
        z = values[-1] @ weight
        values.append(np.maximum(z, 0) if relu else np.tanh(z))
    return [*values, values[-1] @ weights[-2] + weights[-1]]


def _gradients(
    weights: list[NDArray[np.float64]], x: NDArray[np.float64], labels: NDArray[np.int64], *, relu: bool
) -> list[NDArray[np.float64]]:
    """Return the gradient of the mean cross-entropy with respect to each array of weights."""
    *values, logits = _forward(weights, x, relu=relu)
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    delta = exp / exp.sum(axis=1, keepdims=True)
    delta[np.arange(len(labels)), labels] -= 1
    delta /= len(labels)
    gradients = [delta.sum(axis=0)]
    for weight, value in zip(weights[-2::-1], values[::-1], strict=True):
        gradients.append(value.T @ delta)
        delta = delta @ weight.T * ((value > 0) if relu else 1 - value**2)
    return gradients[::-1]
