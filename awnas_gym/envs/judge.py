"""From architectures to rewards: an evaluator and an objective that fit each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import MissingMetricError, SettingError
from awnas_gym.evaluators.abstract import AbstractEvaluator, Trial
from awnas_gym.hardware.network import AbstractNetworkCost
from awnas_gym.metrics import SPLITS, Metrics, split_of
from awnas_gym.objectives.abstract import AbstractObjective
from awnas_gym.spaces import Archs

Reward = float | NDArray[np.float64]
"""Of a scalar objective a number, of a vector one float64 `[objectives]`."""


@final
@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of one architecture after its evaluation.

    Attributes:
        reward: of the objective.
        metrics: of the chosen split, and those of no split; what is not recorded is not there.
        cost_s: seconds it took or would have taken; None if nobody recorded them.
        missing: whether the benchmark has no record of it; the reward is then the worst recorded one,
            at the same fidelity and trial.
        gradient: of a mixture: that of the reward, float64 `[edges, operations]`; None of an architecture.
        violation: of the objective's constraint, from 0; the worst recorded one where it is not recorded; None where
            there is no constraint.
    """

    reward: Reward
    metrics: dict[str, float]
    cost_s: float | None
    missing: bool
    gradient: NDArray[np.float64] | None = None
    violation: float | None = None


@final
@dataclass(frozen=True, slots=True)
class Judgements:
    """What is known of a batch of architectures after their evaluation; `Judgement` says what the numbers are.

    Attributes:
        rewards: float64 `[batch]` or, of a vector objective, `[batch, objectives]`; finite.
        metrics: name -> float64 `[batch]`, not finite where it is not recorded; sorted.
        cost_s: float64 `[batch]`, not finite where nobody recorded it; None if nobody ever does.
        missing: bool `[batch]`.
        violations: float64 `[batch]`; None without a constraint.
    """

    rewards: NDArray[np.float64]
    metrics: dict[str, NDArray[np.float64]]
    cost_s: NDArray[np.float64] | None
    missing: NDArray[np.bool_]
    violations: NDArray[np.float64] | None = None


@final
class Judge:
    """Judges architectures by one objective on one split.

    Args:
        evaluator: measures.
        objective: judges.
        split: whose metrics an agent may see: `train`, `valid` or, only if asked for by name, `test`.
        fidelity: epochs; None for the evaluator's highest.
        trial: which of the trainings.
        costs: what networks cost on hardware, at any fidelity and trial; in place of what the evaluator says of it.

    Raises:
        MissingMetricError: the objective needs what the evaluator does not yield on this split.
        SettingError: no such split, fidelity or trial.
    """

    def __init__(
        self,
        evaluator: AbstractEvaluator,
        objective: AbstractObjective,
        *,
        split: str = "valid",
        fidelity: int | None = None,
        trial: Trial = "mean",
        costs: AbstractNetworkCost | None = None,
    ) -> None:
        if split not in SPLITS:
            raise SettingError(f"split {split!r}; legal: {', '.join(SPLITS)}")
        self.evaluator, self.costs = evaluator, costs
        self.visible = frozenset(name for name in self.yields if split_of(name) in {None, split})
        missing = objective.needs - self.visible
        if missing:
            raise MissingMetricError(
                f"{type(objective).__name__} needs {', '.join(sorted(missing))}; "
                f"this benchmark yields {', '.join(sorted(self.visible)) or 'nothing'} on split {split!r}"
            )
        self.objective, self.split = objective, split
        self.fidelity = evaluator.check_fidelity(fidelity)
        self.trial = evaluator.check_trial(trial)
        self._references: dict[tuple[int, Trial], dict[str, Any]] = {}

    def __call__(self, archs: Archs, *, fidelity: int, trial: Trial, rng: np.random.Generator) -> list[Judgement]:
        """Evaluate `archs`, int `[batch, decisions]`; `rng` is consumed by `trial="random"`."""
        batch = self.batch(archs, fidelity=fidelity, trial=trial, rng=rng)
        judgements = []
        rewards = batch.rewards.tolist() if batch.rewards.ndim == 1 else list(batch.rewards)
        for i, (reward, missing) in enumerate(zip(rewards, batch.missing.tolist(), strict=True)):
            values = {name: float(column[i]) for name, column in batch.metrics.items() if np.isfinite(column[i])}
            cost_s = None if batch.cost_s is None or not np.isfinite(batch.cost_s[i]) else float(batch.cost_s[i])
            violation = None if batch.violations is None else float(batch.violations[i])
            judgements.append(Judgement(reward, values, cost_s, missing, violation=violation))
        return judgements

    def batch(self, archs: Archs, *, fidelity: int, trial: Trial, rng: np.random.Generator) -> Judgements:
        """Evaluate as a call does, and return columns."""
        found = self.measure(archs, fidelity=fidelity, trial=trial, rng=rng)
        rewards = self.objective(found)
        missing = ~_finite(rewards, 1)
        if missing.any():
            rewards = rewards.copy()
            rewards[missing] = self.reference_at(fidelity, trial)["worst"]
        metrics = {name: found[name] for name in sorted(self.visible)}
        cost_s = metrics.pop("cost_s", None)
        violations = self._violations(found, fidelity, trial) if self.objective.constrained else None
        return Judgements(rewards, metrics, cost_s, missing, violations)

    def _violations(self, found: Metrics, fidelity: int, trial: Trial) -> NDArray[np.float64]:
        """Return by how much the constraint is broken, float64 `[batch]`, finite."""
        violations = self.objective.violation(found)
        unknown = ~np.isfinite(violations)
        if unknown.any():
            everything = [self.objective.violation(each) for each in self._population(fidelity, trial)]
            violations = np.where(unknown, np.nanmax(everything), violations)
        return violations

    @property
    def yields(self) -> frozenset[str]:
        """Names of all metrics, of every split."""
        return self.evaluator.yields | (self.costs.yields if self.costs else frozenset())

    @property
    def version(self) -> str:
        """What identifies the numbers, see `AbstractEvaluator`."""
        return self.evaluator.version + (f"+{self.costs.version}" if self.costs else "")

    def measure(self, archs: Archs, *, fidelity: int, trial: Trial, rng: np.random.Generator) -> Metrics:
        """Return the metrics of `archs`, int `[batch, decisions]`, of every split, as the evaluator does."""
        found = self.evaluator.evaluate(archs, fidelity=fidelity, trial=trial, rng=rng)
        return found | self.costs(archs) if self.costs else found

    @property
    def reference(self) -> dict[str, Any]:
        """The `mean_random`, `best` and `worst` reward of the population, at the judge's own fidelity and trial.

        Numbers or, of a vector objective, lists of them, each objective by itself. Under a constraint `best` is that of
        the architectures that keep it, None if none does.
        """
        return self.reference_at(self.fidelity, self.trial)

    def reference_at(self, fidelity: int, trial: Trial) -> dict[str, Any]:
        """Return the `mean_random`, `best` and `worst` reward of the population; no reward lies outside.

        `trial="random"` has the best and the worst of all recorded trainings, and the mean of their means.
        """
        if (fidelity, trial) not in self._references:
            each = self._population(fidelity, trial)
            rewards = np.stack([self.objective(metrics) for metrics in each])  # [trials, size] or with objectives
            finite = _finite(rewards, 2)
            rewards[~finite] = np.nan
            kept = finite & np.stack([self.objective.violation(metrics) == 0 for metrics in each])
            best = np.nanmax(rewards[kept], axis=0) if kept.any() else None
            rewards = rewards[:, finite.any(axis=0)]
            if not rewards.size:
                raise MissingMetricError(
                    f"the benchmark holds no {self.split} record at fidelity {fidelity}, trial {trial!r}"
                )
            mean = np.nanmean(rewards, axis=0).mean(axis=0)
            values = {"mean_random": mean, "best": best, "worst": np.nanmin(rewards, (0, 1))}
            self._references[fidelity, trial] = {
                name: None if value is None else value.tolist() for name, value in values.items()
            }
        return self._references[fidelity, trial]

    def _population(self, fidelity: int, trial: Trial) -> list[Metrics]:
        """Return the metrics of all that is recorded, of each training where one would be drawn."""
        archs, rng = self.evaluator.population(), np.random.default_rng(0)  # not consumed: no trial is drawn
        trials = range(self.evaluator.trials) if trial == "random" else [trial]
        return [self.measure(archs, fidelity=fidelity, trial=k, rng=rng) for k in trials]

    @property
    def mean_cost_s(self) -> float | None:
        """Mean cost of an evaluation, in seconds; see `mean_cost_at`."""
        return self.mean_cost_at(self.fidelity)

    def mean_cost_at(self, fidelity: int) -> float | None:
        """Return the mean cost of an evaluation; None if nobody recorded it, or it would have to be measured.

        Over the population, or over some of its architectures where it cannot be gone through.
        """
        if "cost_s" not in self.evaluator.yields or not self.evaluator.version:
            return None
        evaluator, trial = self.evaluator, 0 if self.trial == "random" else self.trial
        archs = evaluator.population() if evaluator.listable else evaluator.space.sample(np.random.default_rng(0), 100)
        metrics = self.evaluator.evaluate(archs, fidelity=fidelity, trial=trial, rng=np.random.default_rng(0))
        known = metrics["cost_s"][np.isfinite(metrics["cost_s"])]
        return float(known.mean()) if known.size else None

    def report(self, arch: Archs) -> dict[str, float]:
        """Return every recorded metric of one architecture, all splits, at the highest fidelity; for reports only."""
        highest = self.evaluator.fidelities[-1]
        metrics = self.measure(arch, fidelity=highest, trial="mean", rng=np.random.default_rng(0))
        return {name: float(values[0]) for name, values in sorted(metrics.items()) if np.isfinite(values[0])}


def _finite(rewards: NDArray[np.float64], axes: int) -> NDArray[np.bool_]:
    """Tell where every objective of a reward is finite; the first `axes` axes are those of the result."""
    return np.asarray(np.isfinite(rewards).all(axis=tuple(range(axes, rewards.ndim))))
