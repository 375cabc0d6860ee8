"""BANANAS: an ensemble of perceptrons on paths, and independent Thompson sampling among mutations of the best."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.planning import PlanningAgent
from awnas_gym.checks import above_zero, check_whole
from awnas_gym.predictors import make_predictor
from awnas_gym.spaces import Archs

PARENTS = 5
"""Best architectures that are mutated at most, in turn until there are enough candidates: `patience_factor`."""


@final
class BANANAS(PlanningAgent):
    """Bayesian optimisation with neural architectures [White, Neiswanger & Savani, AAAI 2021].

    For each plan, `members` perceptrons learn from all rewards; candidates are mutations of the best architecture, or
    of the next ones if it has not enough new ones; each candidate draws a number from the normal distribution of its
    predictions over the members, and the highest are tried.

    The defaults are those of the authors' code (naszilla), of which three things differ: a candidate has one
    mutation at least, where theirs may have none and is then thrown away; rewards are standardised; and which paths
    are kept is counted in random architectures (`PathEncoding`). Their loss is the mean absolute error; the
    paper's, in percent of the distance to a bound of the error, needs to know that bound.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        initial: see `PlanningAgent`.
        refit: see `PlanningAgent`.
        candidates: among which a plan is chosen.
        paths: bits of the encoding.
        members: perceptrons.
        layers: hidden ones of each.
        hidden: units of each layer.
        epochs: passes over all rewards.
        batch_size: rewards a step.
        learning_rate: of Adam.
        batch: see `AskTellAgent`.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        initial: int = 10,
        refit: int = 10,
        candidates: int = 100,
        paths: int = 40,
        members: int = 5,
        layers: int = 10,
        hidden: int = 20,
        epochs: int = 150,
        batch_size: int = 32,
        learning_rate: float = 0.01,
        batch: int = 1,
    ) -> None:
        super().__init__(env, seed=seed, initial=initial, refit=refit, batch=batch)
        self.candidates = check_whole("candidates", candidates, low=1)
        self.paths = check_whole("paths", paths, low=1)
        self.members = check_whole("members", members, low=1)
        self.layers = check_whole("layers", layers, low=1)
        self.hidden = check_whole("hidden", hidden, low=1)
        self.epochs = check_whole("epochs", epochs, low=1)
        self.batch_size = check_whole("batch_size", batch_size, low=1)
        self.learning_rate = above_zero("learning_rate", learning_rate)
        of_model = ("paths", "members", "layers", "hidden", "epochs", "batch_size", "learning_rate")
        settings = {name: getattr(self, name) for name in of_model}
        self._model = make_predictor("mlp", self.space, settings={"encoding": "paths", "loss": "mae", **settings})

    def _learn(self, archs: Archs, rewards: NDArray[np.float64], seed: int) -> None:
        self._model.seed = seed
        self._model.fit(archs, rewards)

    def _ranked(self, archs: Archs, rewards: NDArray[np.float64]) -> Archs:
        del archs, rewards
        candidates = self._candidates()
        found = self._model.predict_each(candidates)
        drawn = self._rng.normal(found.mean(axis=0), found.std(axis=0))
        return candidates[np.argsort(-drawn, kind="stable")]

    def _candidates(self) -> Archs:
        """Return new mutations of the best, those of one parent more until there are enough, int `[n, decisions]`."""
        new = self.space.sample(self._rng, 0)
        for parent in self._best(PARENTS):
            children = [self._mutated(parent) for _ in range(self.candidates)]
            new = self._new(np.stack([*new, *children]))
            if len(new) >= self.candidates:
                break
        return new

    def _mutated(self, arch: Archs) -> Archs:
        """Return a copy with as many mutations as if each decision had one with odds 1 / decisions, one at least."""
        decisions = len(arch)
        for _ in range(max(1, int(self._rng.binomial(decisions, 1 / decisions)))):
            arch = self.space.mutate(arch, self._rng)
        return arch
