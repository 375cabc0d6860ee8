"""Perceptrons on the choices of an architecture, or on the paths of its graph."""

from __future__ import annotations

from typing import Any, Literal, final

import torch
from torch import Tensor, nn

from awnas_gym.errors import UnknownNameError
from awnas_gym.predictors.encodings import PathEncoding, bits_of_choices
from awnas_gym.predictors.neural import NeuralPredictor
from awnas_gym.spaces import AbstractSpace, Archs

ENCODINGS = ("choices", "paths")


@final
class MLP(NeuralPredictor):
    """One or several perceptrons with ReLU, trained side by side [`nb101-seq` of aw_nas; naszilla].

    Args:
        space: see `AbstractPredictor`.
        seed: see `AbstractPredictor`.
        encoding: `"choices"`, a bit for each choice of each decision; or `"paths"`, a bit for each way from the input
            to the output of the graph (`PathEncoding`).
        paths: most paths of that encoding.
        loss: see `NeuralPredictor`.
        margin: see `NeuralPredictor`; 0.1 as in the configurations of GATES.
        layers: hidden ones.
        hidden: units of each.
        members: networks that differ in their weights at first; they learn from the same batches.
        epochs: see `NeuralPredictor`.
        batch_size: see `NeuralPredictor`.
        learning_rate: see `NeuralPredictor`; 1e-3 as in the configurations of GATES.
    """

    def __init__(
        self,
        space: AbstractSpace,
        *,
        seed: int = 0,
        encoding: Literal["choices", "paths"] = "choices",
        paths: int = 40,
        loss: Literal["hinge", "mse", "mae"] = "hinge",
        margin: float = 0.1,
        layers: int = 3,
        hidden: int = 200,
        members: int = 1,
        epochs: int = 200,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
    ) -> None:
        super().__init__(
            space, seed=seed, loss=loss, margin=margin, epochs=epochs, batch_size=batch_size,
            learning_rate=learning_rate, sizes={"paths": paths, "layers": layers, "hidden": hidden, "members": members},
        )  # fmt: skip
        if encoding not in ENCODINGS:
            raise UnknownNameError("encoding", encoding, ENCODINGS)
        self.encoding, self.members = encoding, members
        self._paths = PathEncoding(space, paths) if encoding == "paths" else None

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords except `seed`."""
        return {**super().settings, "encoding": self.encoding}

    def _build(self) -> nn.Module:
        width = sum(self.space.cardinalities) if self._paths is None else self._paths.width
        return _Perceptrons(self.members, width, self._sizes["hidden"], self._sizes["layers"])

    def _inputs(self, archs: Archs) -> tuple[Tensor]:
        bits = bits_of_choices(self.space, archs) if self._paths is None else self._paths(archs)
        return (torch.as_tensor(bits),)


@final
class _Perceptrons(nn.Module):
    """Features `[batch, width]` -> `[members, batch]`; weights of a layer lie side by side in one tensor."""

    def __init__(self, members: int, width: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.empty(members, width, hidden))
        self.hidden = nn.Parameter(torch.empty(layers - 1, members, hidden, hidden))
        self.last = nn.Parameter(torch.empty(members, hidden, 1))
        self.biases = nn.Parameter(torch.empty(layers, members, 1, hidden))
        self.bias = nn.Parameter(torch.empty(members, 1, 1))

    def initialise(self, draws: torch.Generator) -> None:
        """Draw weights as Glorot & Bengio [AISTATS 2010], the default of Keras; biases are 0."""
        for weight in (self.first, self.hidden, self.last):
            bound = (6 / (weight.shape[-2] + weight.shape[-1])) ** 0.5
            weight.uniform_(-bound, bound, generator=draws)
        for bias in (self.biases, self.bias):
            bias.zero_()

    def forward(self, features: Tensor) -> Tensor:
        biases = self.biases.unbind()
        x = torch.relu(features @ self.first + biases[0])  # [members, batch, hidden]
        for weight, bias in zip(self.hidden.unbind(), biases[1:], strict=True):
            x = torch.baddbmm(bias, x, weight).relu()
        return torch.baddbmm(self.bias, x, self.last).squeeze(-1)
