"""The final table, a row a group, and the sentence that says who wins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from awnas_gym.reporting.groups import Group
from awnas_gym.reporting.paired import ALPHA, Comparison, unbeaten
from awnas_gym.reporting.read import Run
from awnas_gym.reporting.scores import normalised_regrets, regrets_of
from awnas_gym.reporting.statistics import Floats, Interval, interval

FEW_SEEDS = 10
NARROW = "the intervals are too narrow (with 5 seeds they hold the mean some 84 % of the time instead of 95 %)"


@final
@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One group at the end of its runs. Numbers are means over seeds; None where nothing was recorded.

    Attributes:
        label: agent and the settings that tell it from the others.
        seeds: number of runs.
        unfinished: how many of them have not finished.
        evaluations: architectures evaluated.
        unique: of them, different ones.
        best: the highest reward, with its 95 % interval over seeds.
        regret: how far the incumbent falls short of the benchmark's best, in the benchmark's metric.
        test_accuracy: of the incumbent, which the reward picked.
        cost_s: simulated seconds.
        agent_s: the agent's own seconds.
        policy_updates: updates of a learned policy.
        missing: evaluations of all its runs of which the benchmark has no record.
        environment: what it was played on.
        duplicates: share of the evaluations that repeat a function at the same fidelity.
        invalid: share of them for which the agent sent what is no architecture.
        wall_s: all seconds of a run, or since it was resumed.
        peak_memory_mib: the most memory a process of it had.
        score: 1 less the regret in units of the mean random architecture's, see `scores.normalised_regrets`.
    """

    label: str
    seeds: int
    unfinished: int
    evaluations: float
    unique: float
    best: Interval
    regret: Interval | None
    test_accuracy: Interval | None
    cost_s: float | None
    agent_s: float | None
    policy_updates: float | None
    missing: int = 0
    environment: str = ""
    duplicates: float | None = None
    invalid: float | None = None
    wall_s: float | None = None
    peak_memory_mib: float | None = None
    score: Interval | None = None


def best_first(groups: Sequence[Group]) -> list[Group]:
    """Return groups by their mean best reward, the highest first."""
    return sorted(groups, key=lambda group: -float(np.mean([run.rewards.max() for run in group.runs])))


def summarise(groups: Sequence[Group], rng: np.random.Generator) -> list[SummaryRow]:
    """Return a row a group, the best mean reward first; `rng` is consumed."""
    rows = [_row(group, rng) for group in groups]
    return sorted(rows, key=lambda row: -row.best.mean)


def _row(group: Group, rng: np.random.Generator) -> SummaryRow:
    tests = [_number(run, "incumbent", "report", "test_accuracy") for run in group.runs]
    test = [value for value in tests if value is not None]
    regrets, normalised = regrets_of(group), normalised_regrets(group)
    clocks = [run.clock_s for run in group.runs]
    evaluations = float(np.mean([len(run.evaluations) for run in group.runs]))
    unique = float(np.mean([run.unique for run in group.runs]))
    invalid = _mean([_number(run, "invalid") for run in group.runs])
    return SummaryRow(
        label=group.label,
        seeds=len(group.runs),
        unfinished=sum(not run.finished for run in group.runs),
        evaluations=evaluations,
        unique=unique,
        best=interval([float(run.rewards.max()) for run in group.runs], rng),
        regret=_last(regrets, rng),
        test_accuracy=interval(test, rng) if len(test) == len(tests) else None,
        cost_s=_mean([None if clock is None else float(clock[-1]) for clock in clocks]),
        agent_s=_mean([_number(run, "agent_s") for run in group.runs]),
        policy_updates=_mean([_number(run, "policy_updates") for run in group.runs]),
        missing=sum(evaluation.missing for run in group.runs for evaluation in run.evaluations),
        environment=group.environment,
        duplicates=float(np.mean([sum(each.duplicate for each in run.evaluations) for run in group.runs]))
        / evaluations,
        invalid=None if invalid is None else invalid / evaluations,
        wall_s=_mean([_number(run, "wall_s") for run in group.runs]),
        peak_memory_mib=_mean([_number(run, "peak_memory_mib") for run in group.runs]),
        score=_last(normalised and [1 - seed for seed in normalised], rng),
    )


def _last(values: Sequence[Floats] | None, rng: np.random.Generator) -> Interval | None:
    return None if values is None else interval([float(seed[-1]) for seed in values], rng)


def headline(
    rows: Sequence[SummaryRow], comparisons: Sequence[Comparison], quantity: str = "reward", *, fair: bool = True
) -> str:
    """Return a sentence on who wins, with intervals, that claims no more than the paired comparisons allow."""
    first = rows[0]
    what = quantity.replace("_", " ")
    if len(rows) == 1:
        return f"{first.label} reached a {what} of {_said(first)}."
    second = rows[1]
    if first.seeds == 1 or second.seeds == 1:
        return (
            f"{first.label} has the highest {what}, {_said(first)}, before {second.label} with {_said(second)}; "
            "with a single seed that is an observation, not a result."
        )
    if not fair:
        return f"{first.label} has the highest mean {what}, {_said(first)}, but these runs are no fair comparison."
    unsettled = unbeaten(first.label, [row.label for row in rows[1:]], comparisons)
    if not unsettled:
        return (
            f"{first.label} wins: a {what} of {_said(first)}; the next, {second.label}, has {_said(second)}. A test of "
            f"paired seeds says that it is better than every other agent (p < {ALPHA})."
        )
    return (
        f"{first.label} has the highest mean {what}, {_said(first)}, but a test of paired seeds does not settle that "
        f"it is better than {', '.join(unsettled)}."
    )


def caveats(rows: Sequence[SummaryRow]) -> list[str]:
    """Return sentences on what makes the comparison weaker than it looks."""
    notes = []
    unfinished = [f"{row.label} ({row.unfinished} of {row.seeds})" for row in rows if row.unfinished]
    if unfinished:
        notes.append(f"Unfinished runs are shown as far as they got: {', '.join(unfinished)}.")
    missing = [
        f"{row.label} ({row.missing:,} of {round(row.evaluations * row.seeds):,} evaluations)"
        for row in rows
        if row.missing
    ]
    if missing:
        notes.append(
            "The benchmark has no record of some evaluated architectures; they earned its lowest recorded reward: "
            f"{', '.join(missing)}."
        )
    few = [row.label for row in rows if 1 < row.seeds < FEW_SEEDS]
    if few:
        notes.append(f"Fewer than {FEW_SEEDS} seeds, so {NARROW}: {', '.join(few)}.")
    return notes


def _said(row: SummaryRow) -> str:
    if math.isinf(row.best.mean):
        return "none in at least one run, where nothing keeps the constraint"
    if math.isnan(row.best.low):
        return f"{row.best.mean:.4f} (1 seed)"
    return f"{row.best.mean:.4f} (95 % interval {row.best.low:.4f} to {row.best.high:.4f}, {row.seeds} seeds)"


def _number(run: Run, *path: str) -> float | None:
    value: Any = run.summary
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return float(value) if isinstance(value, int | float) else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None
