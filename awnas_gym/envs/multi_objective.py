"""Vector rewards: the build and the joint kind for MO-Gymnasium."""

from __future__ import annotations

import functools
from typing import Any, final

import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike, NDArray

from awnas_gym.envs.abstract import ArchitectureEnv
from awnas_gym.envs.build import BuildEnv
from awnas_gym.envs.joint import JointEnv
from awnas_gym.envs.judge import Judge
from awnas_gym.errors import SettingError
from awnas_gym.metrics import metric_info
from awnas_gym.objectives.vector import VectorObjective
from awnas_gym.pareto import hypervolume, non_dominated, summarise
from awnas_gym.spaces import Archs


class MultiObjective(ArchitectureEnv):
    """The reward is a vector, one entry an objective, more is better in each; nothing else differs.

    `invalid="penalty"` pays the worst reward of all, `reward_space.low`.

    Args:
        judge: evaluator and a `VectorObjective`.
        keywords: see `ArchitectureEnv`.

    Attributes:
        reward_space: `Box`, float64 `[objectives]`: 0 and what is recorded lie within; fractions lie in [0, 1].
    """

    def __init__(self, judge: Judge, **keywords: Any) -> None:  # noqa: ANN401 - handed through
        if not isinstance(judge.objective, VectorObjective):
            raise SettingError(f"{type(self).__name__} has vector rewards; {type(judge.objective).__name__} gives none")
        super().__init__(judge, **keywords)
        self.objectives: tuple[str, ...] = judge.objective.names
        self.reward_space = self._rewards()
        if self.invalid == "penalty" and not np.isfinite(self.reward_space.low).all():
            raise SettingError("invalid='penalty' pays the worst reward of all, which nobody knows of so many")

    def _nothing(self) -> NDArray[np.float64]:
        return np.zeros(len(self.objectives))

    def _penalty(self) -> NDArray[np.float64]:
        return np.array(self.reward_space.low, dtype=np.float64)  # a copy: wrappers write into rewards

    def _rewards(self) -> spaces.Box:
        # `reset` may ask for other fidelities and trials: costs grow with them, fractions stay fractions.
        fractions = np.array([metric_info(name).unit == "fraction" for name in self.objectives])
        if not self.judge.evaluator.listable:
            return spaces.Box(np.where(fractions, 0.0, -np.inf), np.where(fractions, 1.0, np.inf), dtype=np.float64)
        fidelities = {self.judge.fidelity, self.judge.evaluator.fidelities[-1]}
        found = [self.judge.reference_at(fidelity, trial) for fidelity in fidelities for trial in ("mean", "random")]
        low = np.array([np.zeros(len(fractions)), *(each["worst"] for each in found)]).min(axis=0)
        high = np.array([fractions, *(each["best"] for each in found)], dtype=np.float64).max(axis=0)
        return spaces.Box(low, high, dtype=np.float64)

    @property
    def reference(self) -> dict[str, Any] | None:
        """What searches are compared with, as values of JSON; None where the space cannot be gone through.

        `ideal`, `nadir` and the exact `front`, by ascending first objective, in the units of rewards.
        """
        if not self.judge.evaluator.listable:
            return None
        return {"ideal": self.ideal.tolist(), "nadir": self.nadir.tolist(), "front": self._front[1].tolist()}

    # ---------------------------------------------------------------- what is best

    @functools.cached_property
    def _recorded(self) -> tuple[Archs, NDArray[np.float64]]:
        """The architectures that are recorded, int `[n, decisions]`, and their rewards, float64 `[n, objectives]`."""
        archs = self.judge.evaluator.population()
        trial = "mean" if self.judge.trial == "random" else self.judge.trial
        rng = np.random.default_rng(0)  # not consumed: no trial is drawn
        metrics = self.judge.measure(archs, fidelity=self.judge.fidelity, trial=trial, rng=rng)
        rewards = self.judge.objective(metrics)
        known = np.isfinite(rewards).all(axis=1)
        return archs[known], rewards[known]

    @functools.cached_property
    def _front(self) -> tuple[Archs, NDArray[np.float64]]:
        """The Pareto set and its rewards, by ascending first objective."""
        archs, rewards = self._recorded
        best = non_dominated(rewards)
        order = np.lexsort(rewards[best].T[::-1])
        return archs[best][order], rewards[best][order]

    @functools.cached_property
    def _summary(self) -> dict[str, Any]:
        """What `pareto.summarise` says: the card's own if it is of these objectives, at its settings."""
        card = {} if self.judge.costs else self.judge.evaluator.card.get("multi_objective", {})
        at_default = (self.judge.fidelity, self.judge.trial) == (self.judge.evaluator.fidelities[-1], "mean")
        if at_default and card.get("objectives") == list(self.objectives):
            return dict(card)
        return summarise(self.objectives, self._recorded[1])

    @final
    def pareto_set(self) -> Archs:
        """Return the architectures that no recorded one dominates, int `[n, decisions]`.

        At the environment's own fidelity and trial; of `trial="random"`, by the means.
        """
        return self._front[0].copy()

    @final
    def pareto_front(self, gamma: float = 1.0) -> list[NDArray[np.float64]]:
        """Return their returns under a discount of `gamma` a step, each float64 `[objectives]`, in the same order.

        The signature is MO-Gymnasium's.
        """
        return list(self._front[1] * gamma ** (self.horizon - 1))

    @property
    def ideal(self) -> NDArray[np.float64]:
        """The best of each objective on the front, float64 `[objectives]`."""
        return np.array(self._summary["ideal"])

    @property
    def nadir(self) -> NDArray[np.float64]:
        """The worst of each objective on the front, float64 `[objectives]`."""
        return np.array(self._summary["nadir"])

    @property
    def reference_point(self) -> NDArray[np.float64]:
        """The worst recorded value of each objective, float64 `[objectives]`: where hypervolumes begin."""
        return np.array(self._summary["reference_point"])

    @final
    def hypervolume(self, points: ArrayLike | None = None) -> float:
        """Return the hypervolume of rewards, `[n, objectives]`, above the reference point; None is for the front's.

        Raises:
            MissingExtraError: the card does not say it and moocore is not installed.
        """
        if points is None and "hypervolume" in self._summary:
            return float(self._summary["hypervolume"])
        return hypervolume(self._front[1] if points is None else points, self.reference_point)


@final
class MOBuildEnv(MultiObjective, BuildEnv):
    """One decision a step; the last one earns the vector."""


@final
class MOJointEnv(MultiObjective, JointEnv):
    """The whole architecture in a step, which earns the vector."""
