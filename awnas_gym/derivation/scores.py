"""Scores of architectures as a run's environment judges them, on the whole validation split."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import gymnasium as gym
import numpy as np

from awnas_gym.config import check_sizes
from awnas_gym.data import DATASETS, ImageFiles
from awnas_gym.derivation.opened import OpenedRun
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.evaluators.abstract import TrainableEvaluator
from awnas_gym.metrics import Metrics, split_of
from awnas_gym.spaces import Archs

if TYPE_CHECKING:
    from collections.abc import Mapping


@final
@dataclass(frozen=True, slots=True)
class Score:
    """What is known of one architecture.

    Attributes:
        genotype: in the space's notation.
        reward: of the run's objective, more is better, a list if it is a vector; None where the benchmark holds no
            record.
        metrics: of the run's split, and those of no split; test metrics if asked for; sorted by name.
        violation: of the objective's constraint; 0 where it holds, is not known, or there is none.
    """

    genotype: str
    reward: float | list[float] | None
    metrics: dict[str, float]
    violation: float = 0.0


@final
class Scorer:
    """Scores architectures without training: shared weights on a whole split, tables by what they recorded.

    Args:
        run: whose environment judges.
        batches: of validation images that shared weights score, from the first on; None for all.
        batch_norm: policy of shared weights, in place of the environment's.
        test: whether test metrics are added; they are never part of the reward.

    Attributes:
        how: the settings, as a file of results states them.

    Raises:
        SettingError: a setting that this environment's evaluator does not have, or a data set without a test split.
    """

    def __init__(
        self, run: OpenedRun, *, batches: int | None = None, batch_norm: str | None = None, test: bool = False
    ) -> None:
        self.space, self.judge, self.test = run.space, run.judge, test
        self._evaluator = run.judge.evaluator
        self._shared = isinstance(self._evaluator, TrainableEvaluator)
        if batches is not None:
            check_sizes({"batches": batches}, where="scores")
        given = {"batches": batches, "batch_norm": batch_norm}
        for name, value in given.items():
            if value is not None and not self._shared:
                raise SettingError(f"{name} is for shared weights; {run.config.environment['id']} trains none")
        self._keywords: dict[str, Any] = given if self._shared else {}
        if isinstance(self._evaluator, TrainableEvaluator):
            none = np.zeros((0, len(self.space.cardinalities)), dtype=self.space.dtype)
            self._evaluator.score(none, **self._keywords)  # wrong settings are refused here
        self._test_split = _test_split(run) if test and self._shared else None
        self._trial = "mean" if self.judge.trial == "random" else self.judge.trial
        self.how: dict[str, Any] = {
            "environment": dict(run.config.environment),
            "space": {"name": self.space.name, "settings": self.space.settings},
            "test": test,
        }
        if self._shared:
            policy = batch_norm or getattr(self._evaluator, "batch_norm", None)
            self.how |= {"weights": run.weights, "batches": batches or "all", "batch_norm": policy}
        else:
            self.how |= {"table": self.judge.version, "fidelity": self.judge.fidelity, "trial": self._trial}

    def __call__(self, arch: Archs) -> Score:
        """Return the score of a row, int `[decisions]`."""
        found = self._shared_metrics(arch) if isinstance(self._evaluator, TrainableEvaluator) else self._metrics(arch)
        reward = self.judge.objective(found)[0]
        metrics = {name: float(values[0]) for name, values in sorted(found.items()) if np.isfinite(values[0])}
        violation = float(self.judge.objective.violation(found)[0])
        known = reward.tolist() if np.isfinite(reward).all() else None
        return Score(self.space.genotype(arch), known, metrics, violation if np.isfinite(violation) else 0.0)

    def _metrics(self, arch: Archs) -> Metrics:
        rng = np.random.default_rng(0)  # not consumed: no trial is drawn
        found = self.judge.measure(arch, fidelity=self.judge.fidelity, trial=self._trial, rng=rng)
        return {
            name: values
            for name, values in found.items()
            if name in self.judge.visible or (self.test and split_of(name) == "test")
        }

    def _shared_metrics(self, arch: Archs) -> Metrics:
        assert isinstance(self._evaluator, TrainableEvaluator)  # noqa: S101 - whoever calls looked
        found = self._evaluator.score(arch, **self._keywords)
        if self._test_split is not None:
            tested = self._evaluator.score(arch, split=self._test_split, batch_norm=self._keywords["batch_norm"])
            found |= {name.replace("valid_", "test_", 1): values for name, values in tested.items()}
        return found | self.judge.costs(arch) if self.judge.costs else found


def ranked(scores: Sequence[Score]) -> list[int]:
    """Return the places of the scores by falling reward, the best first; those without one come last.

    Of vector rewards by the first entry. Under a constraint those that keep it come first.
    """

    def worst_last(i: int) -> tuple[bool, float, float]:
        score = scores[i]
        first = score.reward[0] if isinstance(score.reward, list) else score.reward
        return score.reward is None, score.violation, -(first or 0.0)

    return sorted(range(len(scores)), key=worst_last)


def _test_split(run: OpenedRun) -> Any:  # noqa: ANN401 - a split of images, in memory or in files
    """Return the test split of the environment's data set."""
    entry_point = gym.registry[run.config.environment["id"]].entry_point
    make = gym.envs.registration.load_env_creator(entry_point) if isinstance(entry_point, str) else entry_point
    keywords: Mapping[str, inspect.Parameter] = inspect.signature(make).parameters if make else {}
    default = keywords["dataset"].default if "dataset" in keywords else None
    dataset = run.config.environment.get("dataset", default)
    if not isinstance(dataset, str):
        raise SettingError(f"{run.config.environment['id']} names no data set, so there is no test split")
    splits = DATASETS.load(dataset)()
    if "test" not in splits:
        raise UnknownNameError(f"split of {dataset}", "test", splits)
    split = splits["test"]
    return replace(split, size=run.space.settings["image_size"]) if isinstance(split, ImageFiles) else split
