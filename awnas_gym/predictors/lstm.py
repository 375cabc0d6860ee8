"""A recurrent network that reads the decisions of an architecture one after another."""

from __future__ import annotations

from typing import Literal, final

import torch
from torch import Tensor, nn

from awnas_gym.predictors.encodings import numbers_of_choices
from awnas_gym.predictors.neural import NeuralPredictor
from awnas_gym.spaces import AbstractSpace, Archs


@final
class LSTM(NeuralPredictor):
    """An LSTM over embeddings of the choices, and a perceptron on its last state [`nb101-lstm` of aw_nas].

    Each choice of each decision has an embedding of its own; aw_nas shares them between decisions of a kind.

    Args:
        space: see `AbstractPredictor`.
        seed: see `AbstractPredictor`.
        loss: see `LearningPredictor`.
        margin: see `LearningPredictor`; 0.1 as in the configurations of GATES.
        hidden: width of embeddings and LSTM; 100 as in aw_nas.
        head: hidden units of the perceptron; 200 as in the configurations of GATES.
        epochs: see `LearningPredictor`; 200 as in aw_nas's configurations of TA-GATES and DELE.
        batch_size: see `LearningPredictor`.
        learning_rate: see `LearningPredictor`; 1e-3 as in the configurations of GATES.
    """

    def __init__(
        self,
        space: AbstractSpace,
        *,
        seed: int = 0,
        loss: Literal["hinge", "mse", "mae"] = "hinge",
        margin: float = 0.1,
        hidden: int = 100,
        head: int = 200,
        epochs: int = 200,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
    ) -> None:
        super().__init__(
            space, seed=seed, loss=loss, margin=margin, epochs=epochs, batch_size=batch_size,
            learning_rate=learning_rate, sizes={"hidden": hidden, "head": head},
        )  # fmt: skip

    def _build(self) -> nn.Module:
        return _Network(sum(self.space.cardinalities), self._sizes["hidden"], self._sizes["head"])

    def _inputs(self, archs: Archs) -> tuple[Tensor]:
        return (torch.as_tensor(numbers_of_choices(self.space, archs)),)


@final
class _Network(nn.Module):
    """Numbers of choices `[batch, decisions]` -> `[1, batch]`."""

    def __init__(self, choices: int, hidden: int, head: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(choices, hidden)
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True)
        self.head = nn.Sequential(nn.Linear(hidden, head), nn.ReLU(), nn.Linear(head, 1))

    def forward(self, numbers: Tensor) -> Tensor:
        states, _ = self.lstm(self.embedding(numbers))
        scores: Tensor = self.head(states[:, -1])
        return scores.T
