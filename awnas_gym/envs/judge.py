"""From architectures to rewards: an evaluator and an objective that fit each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from awnas_gym.errors import MissingMetricError, SettingError
from awnas_gym.evaluators.abstract import AbstractEvaluator, Trial
from awnas_gym.metrics import SPLITS
from awnas_gym.objectives.abstract import AbstractObjective
from awnas_gym.spaces import Archs


@final
@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of one architecture after its evaluation.

    Attributes:
        reward: of the objective.
        metrics: of the chosen split, and those of no split; what is not recorded is not there.
        cost_s: seconds it took or would have taken; None if nobody recorded them.
        missing: whether the benchmark has no record of it; the reward is then the worst recorded one.
    """

    reward: float
    metrics: dict[str, float]
    cost_s: float | None
    missing: bool


@final
class Judge:
    """Judges architectures by one objective on one split.

    Args:
        evaluator: measures.
        objective: judges.
        split: whose metrics an agent may see: `train`, `valid` or, only if asked for by name, `test`.
        fidelity: epochs; None for the evaluator's highest.
        trial: which of the trainings.

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
    ) -> None:
        if split not in SPLITS:
            raise SettingError(f"split {split!r}; legal: {', '.join(SPLITS)}")
        others = tuple(f"{other}_" for other in SPLITS if other != split)
        self.visible = frozenset(name for name in evaluator.yields if not name.startswith(others))
        missing = objective.needs - self.visible
        if missing:
            raise MissingMetricError(
                f"{type(objective).__name__} needs {', '.join(sorted(missing))}; "
                f"this benchmark yields {', '.join(sorted(self.visible))} on split {split!r}"
            )
        self.evaluator, self.objective, self.split = evaluator, objective, split
        self.fidelity = evaluator.check_fidelity(fidelity)
        self.trial = evaluator.check_trial(trial)
        self._reference: dict[str, float] | None = None

    def __call__(self, archs: Archs, *, fidelity: int, trial: Trial, rng: np.random.Generator) -> list[Judgement]:
        """Evaluate `archs`, int `[batch, decisions]`; `rng` is consumed by `trial="random"`."""
        metrics = self.evaluator.evaluate(archs, fidelity=fidelity, trial=trial, rng=rng)
        rewards = self.objective(metrics)
        judgements = []
        for i, reward in enumerate(rewards.tolist()):
            values = {name: float(metrics[name][i]) for name in sorted(self.visible) if np.isfinite(metrics[name][i])}
            cost_s = values.pop("cost_s", None)
            missing = not np.isfinite(reward)
            judgements.append(Judgement(self.reference["worst"] if missing else reward, values, cost_s, missing))
        return judgements

    @property
    def reference(self) -> dict[str, float]:
        """The `mean_random`, `best` and `worst` reward of the space, at the chosen fidelity, trials averaged."""
        if self._reference is None:
            space = self.evaluator.space
            archs = space.unindex(np.arange(space.size))
            rng = np.random.default_rng(0)  # not consumed: trials are averaged
            rewards = self.objective(self.evaluator.evaluate(archs, fidelity=self.fidelity, trial="mean", rng=rng))
            rewards = rewards[np.isfinite(rewards)]
            if not len(rewards):
                raise MissingMetricError(f"the benchmark holds no {self.split} record at fidelity {self.fidelity}")
            values = {"mean_random": rewards.mean(), "best": rewards.max(), "worst": rewards.min()}
            self._reference = {name: float(value) for name, value in values.items()}
        return self._reference

    @property
    def mean_cost_s(self) -> float | None:
        """Mean cost of an evaluation over the space, in seconds; None if nobody recorded it."""
        if "cost_s" not in self.evaluator.yields:
            return None
        space = self.evaluator.space
        metrics = self.evaluator.evaluate(
            space.unindex(np.arange(space.size)), fidelity=self.fidelity, trial=0, rng=np.random.default_rng(0)
        )
        trials = self.evaluator.trials if self.trial == "mean" else 1
        return float(np.nanmean(metrics["cost_s"])) * trials

    def report(self, arch: Archs) -> dict[str, float]:
        """Return every recorded metric of one architecture, all splits, at the highest fidelity; for reports only."""
        metrics = self.evaluator.evaluate(arch, trial="mean", rng=np.random.default_rng(0))
        return {name: float(values[0]) for name, values in sorted(metrics.items()) if np.isfinite(values[0])}
