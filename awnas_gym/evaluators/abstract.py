"""What every evaluator is: a way of knowing the metrics of an architecture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import SettingError
from awnas_gym.metrics import Metrics
from awnas_gym.ranks import ALONE, Ranks
from awnas_gym.spaces import AbstractSpace, Archs
from awnas_gym.spaces.abstract import MOST_ENUMERATED

Trial = str | int
"""Which of an architecture's trainings: their `"mean"`, a `"random"` one, or number k."""


class AbstractEvaluator(ABC):
    """Measures architectures.

    Attributes:
        space: the search space of its architectures.
        yields: names of the metrics it gives; `cost_s` among them if the cost is known.
        fidelities: legal epochs, ascending; the last is the default.
        trials: trainings an architecture has at most.
        card: what a reader must know of the numbers: recipe, hardware, reference scores.
        version: identifies the numbers, e.g. a table's checksum; "" if nothing does.
    """

    space: AbstractSpace
    yields: frozenset[str]
    fidelities: tuple[int, ...]
    trials: int
    card: dict[str, Any]
    version: str = ""

    @abstractmethod
    def evaluate(
        self, archs: ArrayLike, *, fidelity: int | None = None, trial: Trial = "mean", rng: np.random.Generator
    ) -> Metrics:
        """Return the metrics of `archs`, int `[batch, decisions]`; `rng` is consumed by `trial="random"`.

        `nan` stands where nothing is recorded; nothing is ever imputed.
        """

    def prepare(self, archs: ArrayLike, *, fidelity: int | None = None) -> None:
        """Hear which `archs`, int `[batch, decisions]`, come next: whoever measures may begin with them."""

    def keep_in(self, folder: Path) -> None:
        """Hear in which folder a run is kept, before it begins: what was measured at a cost may be kept there."""

    def close(self) -> None:
        """Let go of processes and the like; what is asked for afterwards is still answered."""

    @property
    def listable(self) -> bool:
        """Whether `population` can be gone through."""
        return self.space.size <= MOST_ENUMERATED

    def population(self) -> Archs:
        """Return the architectures over which the mean, best and worst reward are taken, int `[n, decisions]`.

        The whole space by default; a table that lists architectures has those.

        Raises:
            SettingError: the space is too large to go through.
        """
        return self.space.enumerate()

    @final
    def check_fidelity(self, fidelity: int | None) -> int:
        """Return the fidelity, the highest if None; `SettingError` if it was never recorded."""
        if fidelity is None:
            return self.fidelities[-1]
        if fidelity not in self.fidelities:
            raise SettingError(f"fidelity {fidelity!r} was never measured; legal: {list(self.fidelities)}")
        return int(fidelity)

    @final
    def check_trial(self, trial: Trial) -> Trial:
        """Return the trial; `SettingError` if there is no such."""
        if trial in {"mean", "random"} or (
            isinstance(trial, int) and not isinstance(trial, bool) and 0 <= trial < self.trials
        ):
            return trial
        raise SettingError(f"trial {trial!r}; legal: 'mean', 'random' or 0 … {self.trials - 1}")


class TrainableEvaluator(AbstractEvaluator):
    """Measures architectures by weights that it trains itself: what it answers depends on what it was asked before.

    Whoever uses it calls `reset` first.

    Attributes:
        started: whether `reset` was called.
        ranks: the processes that train these weights together. All of them make the same calls; rank 0 alone writes.
    """

    started: bool = False
    ranks: Ranks = ALONE
    listable = False  # scores move while weights learn, and to ask for one trains them

    @abstractmethod
    def reset(self, seed: int) -> None:
        """Draw all weights and the order of the data anew; forget what was trained."""

    @abstractmethod
    def train(self, archs: ArrayLike) -> dict[str, float]:
        """Take a training step with each of `archs`, int `[batch, decisions]`, in order; return the mean scores."""

    def score(
        self,
        archs: ArrayLike,
        *,
        split: Any = None,  # noqa: ANN401 - images and labels, whatever the evaluator's data are
        batches: int | None = None,
        batch_norm: str | None = None,
    ) -> Metrics:
        """Return the scores of `archs`, int `[batch, decisions]`, by the weights as they are; nothing is trained.

        What is scored afterwards does not depend on it. `awnas derive` and `awnas eval-arch` ask for it.

        Args:
            archs: what is scored, each on the same data.
            split: data that take the place of the validation split; the scores keep their names.
            batches: how many, from the first on; None for all.
            batch_norm: a policy in place of the evaluator's.

        Raises:
            SettingError: an evaluator without such scores; this one is, as long as a subclass does not override it.
        """
        raise SettingError(f"{type(self).__name__} does not score without training: it has no method `score`")

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write all that later answers depend on into `folder`, each file whole or not at all."""

    @abstractmethod
    def load(self, folder: Path) -> None:
        """Go back to what `save` wrote.

        Raises:
            CheckpointError: it is truncated, or of another evaluator; nothing was changed.
        """


class DifferentiableEvaluator(TrainableEvaluator):
    """Trains and measures mixtures: all operations on all edges, by a matrix of weights (`spaces.relaxable`).

    Attributes:
        joint: whether one phase does both, on training data [SNAS].
    """

    joint: bool = False

    @abstractmethod
    def train_mixed(self, weights: NDArray[np.float64], *, progress: float) -> float:
        """Take a training step of the network by a matrix of weights, float64 `[edges, operations]`.

        Args:
            weights: what is exactly 0 is not run.
            progress: share of the search that is over, in [0, 1]: schedules are laid over it.

        Returns:
            The loss on the training batch, before the step.

        Raises:
            TrainingError: it is not finite; no step was taken.
        """

    @abstractmethod
    def gradient(
        self, weights: NDArray[np.float64], *, progress: float
    ) -> tuple[dict[str, float], NDArray[np.float64]]:
        """Return the scores of a matrix of weights on a validation batch, and the gradient of the loss.

        The network is left as it was; if `joint`, the batch is one of training data and the network takes a step too.

        Args:
            weights: as in `train_mixed`.
            progress: likewise.

        Returns:
            `valid_loss` and `valid_accuracy` and the like, and the derivative of `valid_loss` by each weight, float64
            `[edges, operations]`, 0 where the weight is.

        Raises:
            TrainingError: the loss is not finite.
        """

    @abstractmethod
    def eigenvalue(self, weights: NDArray[np.float64]) -> float:
        """Return the dominant eigenvalue of the Hessian of the validation loss by a matrix of weights.

        Of directions that keep the sum of each row and what is not run, for softmax moves in no others; on the batch
        that the next gradient sees. Nothing else changes.
        """


class AbstractRecorder(ABC):
    """A measurement that fills columns of a table: the work of one architecture at a time.

    Attributes:
        dims: column -> meaning of its axes after the first, e.g. `("trial", "epoch")`.
        denominators: column -> what its integers are divided by, where that is not 1.
    """

    dims: dict[str, tuple[str, ...]]
    denominators: dict[str, int]

    @abstractmethod
    def record(self, arch: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Measure one architecture, int `[decisions]`; returns a value or an array a column."""
