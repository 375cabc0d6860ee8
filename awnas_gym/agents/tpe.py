"""The tree-structured Parzen estimator, Optuna's."""

from __future__ import annotations

import warnings
from typing import Any, final

import gymnasium as gym
import numpy as np
import optuna
from numpy.typing import NDArray

from awnas_gym.agents.model_based import ModelBasedAgent
from awnas_gym.checks import check_whole
from awnas_gym.spaces import Archs


@final
class TPE(ModelBasedAgent):
    """Optuna's TPE sampler over the decisions as categories [Bergstra et al., NeurIPS 2011; Akiba et al., KDD 2019].

    Decisions are drawn together from the density of the good architectures, and of `candidates` draws the one is taken
    that is likeliest there beside the density of the others (`multivariate`). The best min(ceil(n / 10), 25) of n are
    good (Optuna's default). A draw that the space's masks forbid is completed by them. Where the likeliest was asked
    for before, as it soon was in a small space, single draws from the same density follow until one is new; that is
    ours.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        initial: random architectures at first; 10, Optuna's default.
        candidates: draws of which the best is taken; 24, Optuna's default.
        batch: see `AskTellAgent`.
    """

    def __init__(
        self, env: gym.Env[Any, Any], *, seed: int | None = None, initial: int = 10, candidates: int = 24,
        batch: int = 1,
    ) -> None:  # fmt: skip
        super().__init__(env, seed=seed, initial=initial, batch=batch)
        self.candidates = check_whole("candidates", candidates, low=1)
        self._choices: dict[str, optuna.distributions.BaseDistribution] = {
            str(i): optuna.distributions.CategoricalDistribution(list(range(n)))
            for i, n in enumerate(self.space.cardinalities)
        }
        self._study = _quiet_study()

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"initial": self.initial, "candidates": self.candidates, "batch": self.batch}

    def _suggest(self, n: int) -> Archs:
        choosy, plain = self._sampler(self.candidates), self._sampler(1)
        # A trial lets the study see what was added. It fails: what is heard is added, whoever asked for it.
        trial = self._study.ask()
        self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        failed = self._study.get_trials(deepcopy=False)[-1]

        def draw(tried: int) -> Archs:
            sampler = choosy if tried < n else plain  # the choosy one comes back to what is known
            chosen = sampler.sample_relative(self._study, failed, self._choices)
            return self.space.complete([chosen[name] for name in self._choices])

        return self._until_new(draw, n)

    def _sampler(self, candidates: int) -> optuna.samplers.TPESampler:
        with warnings.catch_warnings():  # "multivariate is experimental", in Optuna 4
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return optuna.samplers.TPESampler(
                n_startup_trials=0, n_ei_candidates=candidates, multivariate=True, constant_liar=False,
                seed=int(self._rng.integers(2**31)),
            )  # fmt: skip

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        super()._tell(archs, rewards)
        self._add(archs, rewards)

    def _add(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        for row, reward in zip(archs.tolist(), rewards.tolist(), strict=True):
            params = dict(zip(self._choices, row, strict=True))
            self._study.add_trial(optuna.trial.create_trial(params=params, distributions=self._choices, value=reward))

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._study = _quiet_study()
        self._add(self._archs, self._rewards)


def _quiet_study() -> optuna.Study:
    """Return an empty study in memory, without Optuna's line about it."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(direction="maximize")
    finally:
        optuna.logging.set_verbosity(before)
