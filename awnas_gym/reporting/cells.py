"""Rows of tables as text, with the values they are sorted by."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from awnas_gym.reporting.groups import by_environment, group_runs
from awnas_gym.reporting.read import Run
from awnas_gym.reporting.scores import reward_name
from awnas_gym.reporting.statistics import Interval
from awnas_gym.reporting.summary import SummaryRow, summarise

Cell = tuple[str, float | str]
"""Text, and the value to sort by: "–" and NaN where nothing was recorded."""


def summary_table(runs: Sequence[Run], *, rng: np.random.Generator | None = None) -> list[dict[str, str]]:
    """Return a row a group as heading -> text, of each environment the best mean reward first; for terminals.

    `rng` (seed 0 by default) draws the bootstrap.
    """
    drawn = rng if rng is not None else np.random.default_rng(0)
    played = by_environment(group_runs(runs)[0])
    shared = {reward_name(groups) for groups in played.values()}
    quantity = shared.pop() if len(shared) == 1 else "reward"
    table = []
    for environment, groups in played.items():
        for row in summarise(groups, drawn):
            named = {"environment": environment} if len(played) > 1 else {}
            table.append({**named, **{head: text for head, (text, _) in cells(row, quantity).items()}})
    return table


def cells(row: SummaryRow, quantity: str) -> dict[str, Cell]:
    """Return heading -> cell of what an environment's table shows, and a terminal."""
    return {
        "agent": (row.label, row.label),
        "seeds": _count(row.seeds),
        "evaluations": _count(row.evaluations),
        "unique": _count(row.unique),
        f"best {quantity}": _spread(row.best),
        "regret": _spread(row.regret),
        "test accuracy": _spread(row.test_accuracy),
        "simulated s": _count(row.cost_s),
        "agent s": _seconds(row.agent_s),
        "policy updates": _count(row.policy_updates),
    }


def full_cells(row: SummaryRow, quantity: str, *, environments: bool) -> dict[str, Cell]:
    """Return heading -> cell of all that is known of a row.

    Args:
        row: of any environment.
        quantity: that the reward is.
        environments: whether a column names them; rows then also have the score that is comparable between them.
    """
    short = cells(row, quantity)
    agent, updates = short.pop("agent"), short.pop("policy updates")
    named: dict[str, Cell] = {"environment": (row.environment, row.environment), "score": _spread(row.score)}
    seeds, counted = short.pop("seeds"), {name: short.pop(name) for name in ("evaluations", "unique")}
    return {
        "agent": agent,
        **({"environment": named["environment"]} if environments else {}),
        "seeds": seeds,
        **({"score": named["score"]} if environments else {}),
        **{name: short.pop(name) for name in (f"best {quantity}", "regret", "test accuracy")},
        **counted,
        "duplicates": _share(row.duplicates),
        "invalid": _share(row.invalid),
        **short,
        "wall s": _seconds(row.wall_s),
        "peak MiB": _count(row.peak_memory_mib),
        "policy updates": updates,
    }


def _count(value: float | None) -> tuple[str, float]:
    if value is None:
        return "–", math.nan
    return (f"{value:,.0f}" if value == round(value) or value >= 1000 else f"{value:,.1f}"), float(value)


def _seconds(value: float | None) -> tuple[str, float]:
    return ("–", math.nan) if value is None else (f"{value:,.2f}", value)


def _share(value: float | None) -> tuple[str, float]:
    return ("–", math.nan) if value is None else (f"{100 * value:.1f} %", value)


def _spread(value: Interval | None) -> tuple[str, float]:
    if value is None or not math.isfinite(value.mean):
        return "–", math.nan
    around = "" if math.isnan(value.low) else f" [{value.low:.4f}, {value.high:.4f}]"
    return f"{value.mean:.4f}{around}", value.mean
