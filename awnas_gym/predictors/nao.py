"""NAO's model: an encoder whose states say how good an architecture is, and a decoder that reads it off them."""

from __future__ import annotations

import itertools
from collections.abc import Generator
from typing import Any, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from awnas_gym.checks import check_real
from awnas_gym.predictors.encodings import numbers_of_choices
from awnas_gym.predictors.losses import Scores
from awnas_gym.predictors.neural import NeuralPredictor
from awnas_gym.spaces import AbstractSpace, Archs


@final
class NAO(NeuralPredictor):
    """Encoder, performance predictor and decoder of neural architecture optimisation [Luo et al., NeurIPS 2018].

    An LSTM reads the choices; its states are scaled to length 1. A perceptron on their mean gives the score, and a
    second LSTM, which reads the choice before and the encoder's state at its place (the authors': attention over all),
    gives the odds of each choice. The loss is `weight` times that of the scores plus `1 - weight` times the mean
    negative log-likelihood of the choices.

    Args:
        space: see `AbstractPredictor`.
        seed: see `AbstractPredictor`.
        loss: see `LearningPredictor`; squared errors, as the authors'.
        margin: see `LearningPredictor`.
        weight: of the scores' loss, in [0, 1]; 0.8, as in the authors' script (`controller_trade_off`).
        hidden: width of embeddings and LSTMs, and of the perceptron.
        epochs: see `LearningPredictor`.
        batch_size: see `LearningPredictor`.
        learning_rate: see `LearningPredictor`.
    """

    _network: Network

    def __init__(
        self,
        space: AbstractSpace,
        *,
        seed: int = 0,
        loss: Literal["hinge", "mse", "mae"] = "mse",
        margin: float = 0.1,
        weight: float = 0.8,
        hidden: int = 64,
        epochs: int = 150,
        batch_size: int = 64,
        learning_rate: float = 3e-3,
    ) -> None:
        super().__init__(
            space, seed=seed, loss=loss, margin=margin, epochs=epochs, batch_size=batch_size,
            learning_rate=learning_rate, sizes={"hidden": hidden},
        )  # fmt: skip
        self.weight = check_real("weight", weight, high=1.0)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords except `seed`."""
        return {**super().settings, "weight": self.weight}

    def _build(self) -> nn.Module:
        return Network(self.space.cardinalities, self._sizes["hidden"])

    def _inputs(self, archs: Archs) -> tuple[Tensor]:
        return (torch.as_tensor(numbers_of_choices(self.space, archs)),)

    def _step(self, rows: NDArray[np.int64], wanted: Scores, rng: np.random.Generator) -> None:
        numbers = self._read[0][torch.as_tensor(rows)]
        states = self._network.encode(numbers)
        scores = self._network.score(states)
        unlikely = -self._network.likelihoods(numbers, states).mean()
        slopes = torch.as_tensor(self._slopes(scores.detach().numpy(), wanted, rng))
        self._optimiser.zero_grad()
        torch.autograd.backward((scores, unlikely), (self.weight * slopes, torch.tensor(1 - self.weight)))
        self._optimiser.step()

    def improve(self, archs: Archs, distance: float) -> Archs:
        """Return what the decoder makes of the states after a step towards a higher score, int `[n, decisions]`.

        The authors' step is a number times the slope of the score; here it has the same length in all states of an
        architecture, for scores have no unit.

        Args:
            archs: int `[n, decisions]`.
            distance: of the step of each state, whose length is 1.
        """
        with torch.no_grad():
            states = self._network.encode(self._inputs(archs)[0])
        states.requires_grad_()
        (slope,) = torch.autograd.grad(self._network.score(states).sum(), states)
        with torch.no_grad():
            moved = functional.normalize(states + distance * functional.normalize(slope, dim=2), dim=2)
            return self._decode(moved)

    def _decode(self, states: Tensor) -> Archs:
        """Return the likeliest legal architectures, one choice after another, int `[n, decisions]`."""
        archs = np.zeros((len(states), len(self.space.cardinalities)), dtype=self.space.dtype)
        walk = self._network.walk(states)
        logits = next(walk)
        for i in range(archs.shape[1]):
            legal = torch.as_tensor(self.space.masks(archs[:, :i]))
            choices = logits.masked_fill(~legal, -torch.inf).argmax(dim=1)
            archs[:, i] = choices.numpy()
            if i + 1 < archs.shape[1]:
                logits = walk.send(choices)
        return archs


@final
class Network(nn.Module):
    """Numbers of choices `[batch, decisions]` -> `[1, batch]`."""

    def __init__(self, cardinalities: tuple[int, ...], hidden: int) -> None:
        super().__init__()
        self.offsets = np.cumsum([0, *cardinalities]).tolist()
        self.embedding = nn.Embedding(self.offsets[-1] + 1, hidden)  # the last one begins
        self.encoder = nn.LSTM(hidden, hidden, batch_first=True)
        self.head = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.decoder = nn.LSTM(2 * hidden, hidden, batch_first=True)
        self.odds = nn.Linear(hidden, self.offsets[-1])

    def encode(self, numbers: Tensor) -> Tensor:
        """Return states of length 1, `[batch, decisions, hidden]`."""
        return functional.normalize(self.encoder(self.embedding(numbers))[0], dim=2)

    def score(self, states: Tensor) -> Tensor:
        """Return the scores of states, `[1, batch]`."""
        scores: Tensor = self.head(states.mean(dim=1))
        return scores.T

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the scores, `[1, batch]`."""
        return self.score(self.encode(numbers))

    def likelihoods(self, numbers: Tensor, states: Tensor) -> Tensor:
        """Return the log-likelihood of each choice after the ones before it, `[batch, decisions]`."""
        begin = torch.full_like(numbers[:, :1], self.offsets[-1])
        before = self.embedding(torch.cat([begin, numbers[:, :-1]], dim=1))
        logits = self.odds(self.decoder(torch.cat([before, states], dim=2))[0])
        found = []
        for i, (start, stop) in enumerate(itertools.pairwise(self.offsets)):
            logs = logits[:, i, start:stop].log_softmax(dim=1)
            found.append(logs.gather(1, numbers[:, i : i + 1] - start))
        return torch.cat(found, dim=1)

    def walk(self, states: Tensor) -> Generator[Tensor, Tensor, None]:
        """Give logits of one decision after another, `[batch, choices]`; it is sent the choices, int64 `[batch]`."""
        before, memory = torch.full((len(states), 1), self.offsets[-1]), None
        for i, (start, stop) in enumerate(itertools.pairwise(self.offsets)):
            entry = torch.cat([self.embedding(before), states[:, i : i + 1]], dim=2)
            out, memory = self.decoder(entry, memory)
            choices = yield self.odds(out[:, 0])[:, start:stop]
            before = (choices + start).unsqueeze(1)
