"""A data set on a device: what an architecture is worth there under a latency budget."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.checks import above_zero
from awnas_gym.envs.judge import Judge
from awnas_gym.errors import SettingError
from awnas_gym.objectives.hinge_cost import HingeCost
from awnas_gym.objectives.normalised import Normalised

BOUND = 3.0
"""Logarithms of relative latencies are clipped to `[-BOUND, BOUND]`: a factor of 20. Those of the devices of HELP and
of this package lie within 2.5, but for an empty cell that takes a two-thousandth of the others."""


@final
class Target:
    """Judges architectures on a data set and a device, at any latency budget.

    The reward is the score, 0 = the mean random architecture and 1 = the best of this data set, minus
    `penalty * max(0, latency / budget - 1)`: `hinge_cost` on the scale of `normalised`.

    A device is described as by HELP [Lee et al., NeurIPS 2021]: by the latencies of a few fixed architectures, the
    probes. Here they are relative to their median, and in logarithms, so that a device twice as fast in everything is
    the same device, and a probe that takes next to nothing moves no other number.

    Args:
        dataset: its name.
        device: its name.
        judge: of the score alone, `valid_accuracy` or the like; it measures latency too.
        latency: the metric of the device.
        probes: int `[probes, decisions]`.
        penalty: of a latency of twice the budget, above 0.

    Attributes:
        name: `<dataset>/<device>`.
        evaluator: of the data set.
        fidelity: at which scores are read.
        descriptor: float64 `[probes]`.

    Raises:
        SettingError: a penalty that is not above 0, a probe whose latency is not known or not above 0, or all
            architectures have one score.
        MissingMetricError: nothing is recorded at the judge's fidelity and trial.
    """

    def __init__(
        self, dataset: str, device: str, judge: Judge, *, latency: str, probes: ArrayLike, penalty: float
    ) -> None:
        self.dataset, self.device, self.name = dataset, device, f"{dataset}/{device}"
        self._judge, self._latency, self._penalty = judge, latency, above_zero("penalty", penalty)
        self.evaluator, self.fidelity = judge.evaluator, judge.fidelity
        (self._score,) = judge.objective.needs
        # The last bits of a mean of thousands depend on the version of NumPy; rewards should not.
        self._mean, self._best = (round(judge.reference[name], 12) for name in ("mean_random", "best"))
        seen = self._latencies(probes)
        if not (np.isfinite(seen) & (seen > 0)).all():
            raise SettingError(f"{self.name}: a device is described by probes; {latency} of them is {seen.tolist()}")
        self._unit = float(np.median(seen))
        self.descriptor = self._relative(seen)
        everything = self._latencies(judge.evaluator.population())
        self._sorted = np.sort(everything[np.isfinite(everything)])
        self.judge_at(0.5)  # so that a scale without room is refused here

    def budget(self, level: float) -> float:
        """Return the latency, in ms, of the architecture at a quantile `level` in [0, 1] of all by latency."""
        return float(self._sorted[round(level * (len(self._sorted) - 1))])

    def shown(self, level: float) -> NDArray[np.float64]:
        """Return what an agent sees: the descriptor, then the budget likewise relative; float64 `[probes + 1]`."""
        return np.append(self.descriptor, self._relative(np.array([self.budget(level)])))

    def judge_at(self, level: float) -> Judge:
        """Return the judge under the budget at a quantile; its best reward is `reference["best"]`."""
        weight = self._penalty * (self._best - self._mean)
        if weight <= 0:
            raise SettingError(f"{self.dataset}: all architectures have one {self._score}; there is nothing to search")
        hinge = HingeCost(target=self.budget(level), weight=weight, cost=self._latency, score=self._score)
        return Judge(
            self.evaluator,
            Normalised(hinge, mean_random=self._mean, best=self._best),
            split=self._judge.split,
            fidelity=self._judge.fidelity,
            trial=self._judge.trial,
            costs=self._judge.costs,
        )

    def _latencies(self, archs: ArrayLike) -> NDArray[np.float64]:
        judge = self._judge
        trial = "mean" if judge.trial == "random" else judge.trial
        rng = np.random.default_rng(0)  # not consumed: no trial is drawn
        return judge.measure(np.asarray(archs), fidelity=judge.fidelity, trial=trial, rng=rng)[self._latency]

    def _relative(self, latencies: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(np.log(latencies / self._unit), -BOUND, BOUND)
