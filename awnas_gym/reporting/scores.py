"""What rewards are measured against: the best of a benchmark, and a mean random architecture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from awnas_gym.metrics import metric_info
from awnas_gym.reporting.groups import Group
from awnas_gym.reporting.read import Run
from awnas_gym.reporting.statistics import Floats, best_so_far, incumbents, regret


def regrets_of(group: Group) -> list[Floats] | None:
    """Return each run's regret after each evaluation, or None where the benchmark's best is not known.

    It is the incumbent's, so with another objective than the reference's metric it may rise again.
    """
    if all(run.scale is not None for run in group.runs):
        known = all(run.scale is not None and run.scale.exact is not None for run in group.runs)
        return [1.0 - run.rewards for run in group.runs] if known else None
    reference = group.reference
    if reference is None or reference.get("best") is None:
        return None
    name = str(reference.get("metric", "reward"))
    maximise = name == "reward" or metric_info(name).maximise
    found = []
    for run in group.runs:
        values = run.rewards if name == "reward" else run.metric(name)
        if np.isnan(values).any():
            return None
        missed = regret(values[incumbents(run.rewards)], float(reference["best"]), maximise=maximise)
        found.append(np.where(np.isinf(best_so_far(run.rewards)), np.nan, missed))  # nothing yet keeps the constraint
    return found


def normalised_regrets(group: Group) -> list[Floats] | None:
    """Return `regrets_of` in units of the mean random architecture's regret: 0 is the best, 1 is mean random.

    1 less it is the normalised score, (value - mean_random) / (best - mean_random). Of vector rewards it is the share
    of the exact front's hypervolume that is missing. None where best or mean are not known, or are equal.
    """
    regrets = regrets_of(group)
    if regrets is None or group.runs[0].scale is not None:
        return regrets
    reference = group.reference or {}
    ends = [reference.get(name) for name in ("best", "mean_random")]
    if None in ends or ends[0] == ends[1]:
        return None
    whole = abs(float(reference["best"]) - float(reference["mean_random"]))
    return [missed / whole for missed in regrets]


def reward_name(groups: Sequence[Group]) -> str:
    """Return `valid_accuracy` or the like if that metric was the reward wherever it is recorded, else `reward`."""
    runs = [run for group in groups for run in group.runs]
    if not runs:
        return "reward"
    if all(run.scale is not None for run in runs):
        return "hypervolume"
    for name in runs[0].evaluations[0].metrics:
        if all(_is_reward(run, name) for run in runs):
            return name
    return "reward"


def _is_reward(run: Run, name: str) -> bool:
    values = run.metric(name)
    known = ~np.isnan(values)
    return bool(known.any()) and np.array_equal(values[known], run.earned[known])
