"""A differentiable evaluator that needs no network: what agents of mixtures are checked on, in no time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.envs import Judge, Phases, RelaxedEnv
from awnas_gym.errors import CheckpointError
from awnas_gym.evaluators.abstract import DifferentiableEvaluator, Trial
from awnas_gym.files import write_atomically
from awnas_gym.metrics import Metrics
from awnas_gym.objectives.accuracy import Accuracy
from awnas_gym.spaces.darts import DARTS

FILE = "mixtures.json"


@final
class Mixtures(DifferentiableEvaluator):
    """The loss is the mean square of how far a matrix is from a goal of ones and zeros, the accuracy 1 minus it.

    Training brings it nearer to 0 for all: the loss is multiplied by `0.99 ** steps`. `reset` draws the goal.
    """

    fidelities = (1,)
    trials = 1
    yields = frozenset({"valid_accuracy", "valid_loss"})
    space: DARTS

    def __init__(self, *, joint: bool = False) -> None:
        self.space = DARTS(channels=1, cells=2, image_size=8)
        self.joint, self.card = joint, {"title": "a quadratic function"}
        self.steps, self.goal = 0, np.zeros(self.space.edge_legal.shape)

    def reset(self, seed: int) -> None:
        """Draw the goal anew."""
        self.started, self.steps = True, 0
        self.goal = self.space.relax(self.space.sample(np.random.default_rng(seed), 1)[0])

    def evaluate(
        self, archs: ArrayLike, *, fidelity: int | None = None, trial: Trial = "mean", rng: np.random.Generator
    ) -> Metrics:
        """Return loss and accuracy of architectures."""
        losses = np.array([self._loss(self.space.relax(arch)) for arch in self.space.check(archs)])
        return {"valid_loss": losses, "valid_accuracy": 1 - losses}

    def train(self, archs: ArrayLike) -> dict[str, float]:
        """Count the steps."""
        self.steps += len(self.space.check(archs))
        return {"train_loss": 0.0}

    def train_mixed(self, weights: NDArray[np.float64], *, progress: float) -> float:
        """Count a step."""
        loss = self._loss(weights)
        self.steps += 1
        return loss

    def gradient(
        self, weights: NDArray[np.float64], *, progress: float
    ) -> tuple[dict[str, float], NDArray[np.float64]]:
        """Return the scores and the gradient of the loss."""
        loss = self._loss(weights)
        slope = 2 * (weights - self.goal) / weights.size * 0.99**self.steps
        split = "train" if self.joint else "valid"
        self.steps += self.joint
        return {f"{split}_loss": loss, f"{split}_accuracy": 1 - loss}, np.where(weights != 0, slope, 0.0)

    def eigenvalue(self, weights: NDArray[np.float64]) -> float:
        """Return that of a square: the same in all directions."""
        return 2 / weights.size * 0.99**self.steps

    def _loss(self, weights: NDArray[np.float64]) -> float:
        return float(((weights - self.goal) ** 2).mean() * 0.99**self.steps)

    def save(self, folder: Path) -> None:
        """Write the goal and the steps."""
        write_atomically(folder / FILE, json.dumps({"steps": self.steps, "goal": self.goal.tolist()}))

    def load(self, folder: Path) -> None:
        """Go back to what was written."""
        try:
            state = json.loads((folder / FILE).read_bytes())
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{folder} holds no mixtures: {error}") from error
        self.started, self.steps, self.goal = True, state["steps"], np.array(state["goal"])


def mixtures_env(
    *, joint: bool = False, max_steps: int = 60, warmup_steps: int = 2, eigenvalue_every: int = 0
) -> RelaxedEnv:
    """Return an environment of such a function."""
    phases = Phases(max_steps=max_steps, warmup_steps=warmup_steps)
    return RelaxedEnv(Judge(Mixtures(joint=joint), Accuracy()), phases=phases, eigenvalue_every=eigenvalue_every)
