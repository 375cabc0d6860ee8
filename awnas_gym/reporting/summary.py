"""The final table, a row a group, and the sentence that says who wins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from awnas_gym.metrics import metric_info
from awnas_gym.reporting.groups import Group, group_runs
from awnas_gym.reporting.read import Run
from awnas_gym.reporting.statistics import Floats, Interval, best_so_far, incumbents, interval, regret

FEW_SEEDS = 10


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


def summary_table(runs: Sequence[Run], *, rng: np.random.Generator | None = None) -> list[dict[str, str]]:
    """Return a row a group as heading -> text, the best mean reward first; for terminals.

    `rng` (seed 0 by default) draws the bootstrap.
    """
    groups, _ = group_runs(runs)
    rows = summarise(groups, rng if rng is not None else np.random.default_rng(0))
    return [{head: text for head, (text, _) in cells(row, reward_name(groups)).items()} for row in rows]


def cells(row: SummaryRow, quantity: str) -> dict[str, tuple[str, float | str]]:
    """Return heading -> (text, value to sort by); "–" and NaN where nothing was recorded."""
    return {
        "agent": (row.label, row.label),
        "seeds": _count(row.seeds),
        "evaluations": _count(row.evaluations),
        "unique": _count(row.unique),
        f"best {quantity}": _spread(row.best),
        "regret": _spread(row.regret),
        "test accuracy": _spread(row.test_accuracy),
        "simulated s": _count(row.cost_s),
        "agent s": ("–", math.nan) if row.agent_s is None else (f"{row.agent_s:.2f}", row.agent_s),
        "policy updates": _count(row.policy_updates),
    }


def _count(value: float | None) -> tuple[str, float]:
    if value is None:
        return "–", math.nan
    return (f"{value:,.0f}" if value == round(value) or value >= 1000 else f"{value:,.1f}"), float(value)


def _spread(value: Interval | None) -> tuple[str, float]:
    if value is None or not math.isfinite(value.mean):
        return "–", math.nan
    around = "" if math.isnan(value.low) else f" [{value.low:.4f}, {value.high:.4f}]"
    return f"{value.mean:.4f}{around}", value.mean


def summarise(groups: Sequence[Group], rng: np.random.Generator) -> list[SummaryRow]:
    """Return a row a group, the best mean reward first; `rng` is consumed."""
    rows = [_row(group, rng) for group in groups]
    return sorted(rows, key=lambda row: -row.best.mean)


def _row(group: Group, rng: np.random.Generator) -> SummaryRow:
    tests = [_number(run, "incumbent", "report", "test_accuracy") for run in group.runs]
    test = [value for value in tests if value is not None]
    regrets = regrets_of(group)
    clocks = [run.clock_s for run in group.runs]
    return SummaryRow(
        label=group.label,
        seeds=len(group.runs),
        unfinished=sum(not (run.summary or {}).get("finished", False) for run in group.runs),
        evaluations=float(np.mean([len(run.evaluations) for run in group.runs])),
        unique=float(np.mean([run.unique for run in group.runs])),
        best=interval([float(run.rewards.max()) for run in group.runs], rng),
        regret=None if regrets is None else interval([float(seed[-1]) for seed in regrets], rng),
        test_accuracy=interval(test, rng) if len(test) == len(tests) else None,
        cost_s=_mean([None if clock is None else float(clock[-1]) for clock in clocks]),
        agent_s=_mean([_number(run, "agent_s") for run in group.runs]),
        policy_updates=_mean([_number(run, "policy_updates") for run in group.runs]),
        missing=sum(evaluation.missing for run in group.runs for evaluation in run.evaluations),
    )


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


def headline(rows: Sequence[SummaryRow], quantity: str = "reward") -> str:
    """Return a sentence on who wins, with intervals, that claims no more than they allow."""
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
    tied = [row for row in rows[1:] if not row.best.high < first.best.low]
    if not tied:
        return f"{first.label} wins: a {what} of {_said(first)}; the next, {second.label}, has {_said(second)}."
    names = ", ".join(row.label for row in tied)
    return (
        f"{first.label} has the highest mean {what}, {_said(first)}, but its interval overlaps with "
        f"{'that' if len(tied) == 1 else 'those'} of {names}: these runs do not settle which is better."
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
        notes.append(
            f"Fewer than {FEW_SEEDS} seeds, so the intervals are too narrow (with 5 seeds they hold the mean some "
            f"84 % of the time instead of 95 %): {', '.join(few)}."
        )
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
