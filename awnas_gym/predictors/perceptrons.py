"""Several small perceptrons that learn side by side, in NumPy: narrow layers are several times faster than in torch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BETAS, EPSILON = (0.9, 0.999), 1e-8
"""Of Adam [Kingma & Ba, ICLR 2015]."""

TINY, FLUSHED_EVERY = 1e-30, 50
"""Moments of units that are never active shrink until processors need a hundred times as long for them; so they are 0
before that: after so many steps, if they are so small."""


@final
class Perceptrons:
    """Members with ReLU that differ in their weights, and Adam.

    Weights are drawn as by Glorot & Bengio [AISTATS 2010], the default of Keras; biases begin at 0.

    Args:
        members: how many.
        width: of the features.
        hidden: units of each hidden layer.
        layers: hidden ones, one or more.
        rng: is consumed.
    """

    def __init__(self, members: int, width: int, hidden: int, layers: int, *, rng: np.random.Generator) -> None:
        widths = [width, *[hidden] * layers, 1]
        shapes = [(members, before, after) for before, after in pairwise(widths)]
        sizes = [members * (before + 1) * after for _, before, after in shapes]
        self._all = np.zeros(sum(sizes), dtype=np.float32)  # weights and biases are views of one array, for Adam
        self._slopes = np.zeros_like(self._all)
        self._moments = np.zeros((2, len(self._all)), dtype=np.float32)
        self._steps = 0
        self._layers, self._layer_slopes = (_views(each, shapes) for each in (self._all, self._slopes))
        for weights, _ in self._layers:
            bound = (6 / sum(weights.shape[1:])) ** 0.5
            weights[:] = rng.uniform(-bound, bound, weights.shape)

    def __call__(self, features: Floats) -> Floats:
        """Return the outputs, float32 `[members, batch]`, of features, float32 `[batch, width]`."""
        return self._forward(features)[-1][:, :, 0]

    def _forward(self, features: Floats) -> list[Floats]:
        """Return the features and what each layer gives, `[members, batch, units]`, after ReLU but for the last."""
        found: list[Floats] = [features]
        for weights, biases in self._layers:
            if len(found) > 1:
                np.maximum(found[-1], 0, out=found[-1])
            x = np.matmul(found[-1], weights)
            x += biases
            found.append(x)
        return found

    def step(self, features: Floats, slopes: Callable[[Floats], Floats], learning_rate: float) -> None:
        """Make a step of Adam.

        Args:
            features: float32 `[batch, width]`.
            slopes: derivatives of the loss, float32 `[members, batch]`, given outputs of this shape.
            learning_rate: of Adam.
        """
        values = self._forward(features)
        back = slopes(values[-1][:, :, 0])[:, :, None]
        for i in reversed(range(len(self._layers))):
            of_weights, of_biases = self._layer_slopes[i]
            np.matmul(np.swapaxes(values[i], -1, -2), back, out=of_weights)
            back.sum(axis=1, keepdims=True, out=of_biases)
            if i:
                back = np.matmul(back, np.swapaxes(self._layers[i][0], 1, 2))
                back *= values[i] > 0
        self._adam(learning_rate)

    def _adam(self, learning_rate: float) -> None:
        if self._steps % FLUSHED_EVERY == 0:
            self._moments[np.abs(self._moments) < TINY] = 0
        self._steps += 1
        first, second = self._moments
        first += (1 - BETAS[0]) * (self._slopes - first)
        second += (1 - BETAS[1]) * (self._slopes**2 - second)
        bias, root = 1 - BETAS[0] ** self._steps, (1 - BETAS[1] ** self._steps) ** 0.5
        self._all -= learning_rate / bias * first / (np.sqrt(second) / root + EPSILON)


def _views(everything: Floats, shapes: list[tuple[int, int, int]]) -> list[tuple[Floats, Floats]]:
    """Return weights and biases of each layer within one array."""
    found, at = [], 0
    for members, before, after in shapes:
        middle, end = at + members * before * after, at + members * (before + 1) * after
        weights = everything[at:middle].reshape(members, before, after)
        found.append((weights, everything[middle:end].reshape(members, 1, after)))
        at = end
    return found
