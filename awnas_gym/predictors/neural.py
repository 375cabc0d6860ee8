"""What predictors that are small networks share: how they begin, learn and predict; torch."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awnas_gym.config import check_sizes
from awnas_gym.errors import UnknownNameError
from awnas_gym.predictors.abstract import AbstractPredictor
from awnas_gym.predictors.checks import check_positive
from awnas_gym.seeding import derive_seed, generator
from awnas_gym.spaces import AbstractSpace, Archs

LOSSES = ("hinge", "mse", "mae")
PAIRS = 4
"""Compared pairs for each architecture of a batch: `max_compare_ratio` of aw_nas's configurations."""

PREDICTED_AT_ONCE = 2048


class NeuralPredictor(AbstractPredictor):
    """A network that learns by Adam. A subclass builds it and says what it reads.

    It learns on as many threads as torch has; only as many again give the same bits.

    Args:
        space: see `AbstractPredictor`.
        seed: see `AbstractPredictor`; of weights, batches and pairs.
        loss: `"hinge"` learns to rank: of two architectures the better one's score should be higher by `margin`;
            `"mse"` and `"mae"`, squared and absolute errors of standardised rewards, learn the rewards.
        margin: of `"hinge"`.
        epochs: passes over the architectures.
        batch_size: architectures a step.
        learning_rate: of Adam.
        beta2: of Adam, the decay of its second moment.
        sizes: further settings that are whole numbers from 1, by name; they become attributes.

    Raises:
        SettingError: a value out of its range.
    """

    def __init__(
        self,
        space: AbstractSpace,
        *,
        seed: int,
        loss: Literal["hinge", "mse", "mae"],
        margin: float,
        epochs: int,
        batch_size: int,
        learning_rate: float,
        beta2: float = 0.999,
        sizes: dict[str, int],
    ) -> None:
        super().__init__(space, seed=seed)
        if loss not in LOSSES:
            raise UnknownNameError("loss", loss, LOSSES)
        self.loss = loss
        self.margin = check_positive("margin", margin)
        self.learning_rate = check_positive("learning_rate", learning_rate)
        self._beta2 = beta2
        self._sizes = {"epochs": epochs, "batch_size": batch_size, **sizes}
        check_sizes(self._sizes, where=type(self).__name__.lower())
        self._shift, self._scale = 0.0, 1.0

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords except `seed`."""
        return {"loss": self.loss, "margin": self.margin, "learning_rate": self.learning_rate, **self._sizes}

    @abstractmethod
    def _build(self) -> nn.Module:
        """Return a network of what `_inputs` gives; it returns `[members, batch]`."""

    @abstractmethod
    def _inputs(self, archs: Archs) -> tuple[Tensor, ...]:
        """Return what the network reads of architectures, int `[n, decisions]`: tensors with a row each."""

    @final
    def _fit(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        self._network = self._build()
        initialise(self._network, torch.Generator().manual_seed(derive_seed(self.seed, "weights")))
        if self.loss != "hinge":
            self._shift, self._scale = float(rewards.mean()), float(rewards.std()) or 1.0
        wanted = torch.as_tensor((rewards - self._shift) / self._scale, dtype=torch.float32)
        inputs, rng = self._inputs(archs), generator(self.seed, "batches")
        optimiser = torch.optim.Adam(
            self._network.parameters(), lr=self.learning_rate, betas=(0.9, self._beta2), fused=True
        )
        for _ in range(self._sizes["epochs"]):
            for rows in torch.split(torch.as_tensor(rng.permutation(len(wanted))), self._sizes["batch_size"]):
                loss = self._loss(self._network(*(each[rows] for each in inputs)), wanted[rows], rng)
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()

    @final
    def _loss(self, scores: Tensor, wanted: Tensor, rng: np.random.Generator) -> Tensor:
        """Return the loss of scores, `[members, batch]`, given rewards, `[batch]`; members are summed."""
        if self.loss == "hinge":
            return hinge(scores, wanted, margin=self.margin, rng=rng)
        errors = scores - wanted
        return (errors.square() if self.loss == "mse" else errors.abs()).mean(dim=1).sum()

    @final
    @torch.no_grad()
    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        parts = [archs[i : i + PREDICTED_AT_ONCE] for i in range(0, len(archs), PREDICTED_AT_ONCE)]
        scores: Tensor = torch.cat([self._network(*self._inputs(part)) for part in parts], dim=1)
        return self._shift + self._scale * scores.double().numpy()


def hinge(scores: Tensor, rewards: Tensor, *, margin: float, rng: np.random.Generator) -> Tensor:
    """Return the mean of `max(0, margin - (better - worse))` over random pairs, summed over members [aw_nas].

    Args:
        scores: `[members, batch]`.
        rewards: `[batch]`; pairs of equal ones have no part in it.
        margin: wanted between two scores.
        rng: of the pairs, `PAIRS` times as many as scores, drawn with replacement (aw_nas: without); is consumed.
    """
    one, two = torch.as_tensor(rng.integers(len(rewards), size=(2, PAIRS * len(rewards))))
    sign = torch.sign(rewards[one] - rewards[two])
    pairs = (margin - sign * (scores[:, one] - scores[:, two])).clamp(min=0.0) * sign.abs()
    return pairs.mean(dim=1).sum()


@torch.no_grad()
def initialise(network: nn.Module, draws: torch.Generator) -> None:
    """Draw the weights of a network again, as torch does but by a generator.

    Linear layers and LSTMs are uniform in ±1 / sqrt(inputs, hidden units); embeddings are normal. Whatever has
    weights of its own has a method `initialise(generator)`.
    """
    for module in network.modules():
        if isinstance(module, nn.Embedding):
            module.weight.normal_(generator=draws)
        elif isinstance(module, (nn.Linear, nn.LSTM)):
            bound = (module.in_features if isinstance(module, nn.Linear) else module.hidden_size) ** -0.5
            for parameter in module.parameters():
                parameter.uniform_(-bound, bound, generator=draws)
        elif hasattr(module, "initialise"):
            module.initialise(draws)  # type: ignore[operator]
