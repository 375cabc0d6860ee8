"""What predictors that learn by steps share: settings, batches and the scale of rewards."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.checks import above_zero
from awnas_gym.config import check_sizes
from awnas_gym.errors import UnknownNameError
from awnas_gym.predictors.abstract import AbstractPredictor
from awnas_gym.predictors.losses import LOSSES, Scores, slopes
from awnas_gym.seeding import generator
from awnas_gym.spaces import AbstractSpace, Archs


class LearningPredictor(AbstractPredictor):
    """A network that learns by Adam. A subclass says what it reads, how it begins, makes a step and scores.

    Args:
        space: see `AbstractPredictor`.
        seed: see `AbstractPredictor`; of weights, batches and pairs.
        loss: `"hinge"` learns to rank: of two architectures the better one's score should be higher by `margin`;
            `"mse"` and `"mae"`, squared and absolute errors of standardised rewards, learn the rewards.
        margin: of `"hinge"`.
        epochs: passes over the architectures.
        batch_size: architectures a step.
        learning_rate: of Adam.
        sizes: further settings that are whole numbers from 1, by name.

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
        sizes: dict[str, int],
    ) -> None:
        super().__init__(space, seed=seed)
        if loss not in LOSSES:
            raise UnknownNameError("loss", loss, LOSSES)
        self.loss = loss
        self.margin = above_zero("margin", margin)
        self.learning_rate = above_zero("learning_rate", learning_rate)
        self._sizes = {"epochs": epochs, "batch_size": batch_size, **sizes}
        check_sizes(self._sizes, where=type(self).__name__.lower())
        self._shift, self._scale = 0.0, 1.0

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords except `seed`."""
        return {"loss": self.loss, "margin": self.margin, "learning_rate": self.learning_rate, **self._sizes}

    @abstractmethod
    def _begin(self, archs: Archs) -> None:
        """Draw the weights by `seed`, and keep what is read of architectures, int `[n, decisions]`, for the steps."""

    @abstractmethod
    def _step(self, rows: NDArray[np.int64], wanted: Scores, rng: np.random.Generator) -> None:
        """Make a step on some of the architectures that `_begin` was given, whose rewards are `wanted`."""

    @abstractmethod
    def _scores(self, archs: Archs) -> NDArray[np.floating[Any]]:
        """Return what the members say of architectures, `[members, n]`."""

    @final
    def _slopes(self, scores: Scores, wanted: Scores, rng: np.random.Generator) -> Scores:
        return slopes(self.loss, scores, wanted, margin=self.margin, rng=rng)

    @final
    def _fit(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        if self.loss != "hinge":
            self._shift, self._scale = float(rewards.mean()), float(rewards.std()) or 1.0
        wanted = ((rewards - self._shift) / self._scale).astype(np.float32)
        self._begin(archs)
        rng, size = generator(self.seed, "batches"), self._sizes["batch_size"]
        for _ in range(self._sizes["epochs"]):
            order = rng.permutation(len(wanted))
            for i in range(0, len(order), size):
                self._step(order[i : i + size], wanted[order[i : i + size]], rng)

    @final
    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        scores: NDArray[np.float64] = self._scores(archs).astype(np.float64)
        return self._shift + self._scale * scores
