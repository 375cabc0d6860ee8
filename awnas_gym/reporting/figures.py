"""The plots of a report as plain data: what `page.html` hands to plotly.js."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from awnas_gym.reporting.groups import Group
from awnas_gym.reporting.overview import Overview
from awnas_gym.reporting.scores import regrets_of, reward_name
from awnas_gym.reporting.statistics import Curve, Floats, Interval, best_so_far, curve

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's, told apart by colour-blind readers; further groups repeat them with other dashes."""

DASHES = ("solid", "dash", "dot", "dashdot")

AGGREGATES = {
    "interquartile_mean": "interquartile mean of scores",
    "optimality_gap": "optimality gap (smaller is better)",
    "mean": "mean score",
}
"""What is said of agents over all environments, in words."""

Lines = list[dict[str, Any]]


class Style(NamedTuple):
    """How an agent's lines look."""

    colour: str
    dash: str


Styles = Mapping[str, Style]


def styles_of(labels: Iterable[str]) -> dict[str, Style]:
    """Return how the lines of each label look, the same in all plots of a page."""
    different = dict.fromkeys(labels)
    return {name: Style(COLOURS[i % len(COLOURS)], DASHES[i // 6 % 4]) for i, name in enumerate(different)}


def figures(groups: Sequence[Group], styles: Styles, rng: np.random.Generator) -> dict[str, Any]:
    """Return the curves of every group on both clocks, as reward and as regret; `rng` is consumed.

    A plot that would lack a group says so in `notes`; one without any group is None.
    """
    # nan where nothing is known yet: sums with infinity would be
    rewards = [[best_so_far(np.where(np.isinf(run.rewards), np.nan, run.rewards)) for run in g.runs] for g in groups]
    regrets = [regrets_of(group) for group in groups]
    evaluations = [_evaluations(group) for group in groups]
    seconds = [_seconds(group) for group in groups]
    name = reward_name(groups).replace("_", " ")
    missed = _lines(groups, evaluations, regrets, styles, rng, whole=True)
    plots = {
        "reward": {
            "title": f"best {name} so far",
            "evaluations": _lines(groups, evaluations, rewards, styles, rng, whole=True),
            "seconds": _lines(groups, seconds, rewards, styles, rng, whole=False),
        },
        "regret": {
            "title": "regret to the benchmark’s best",
            "evaluations": missed,
            "seconds": _lines(groups, seconds, regrets, styles, rng, whole=False),
        },
    }
    return {
        "plots": plots,
        "floor": _floor(missed),
        "reference": _reference(groups),
        "notes": _notes(groups, seconds, regrets),
    }


def overview_figures(found: Overview, styles: Styles) -> dict[str, Any]:
    """Return the plots over all environments."""

    def lines(curves: Mapping[str, Curve]) -> Lines:
        return [{"label": agent, **styles[agent]._asdict(), **_plain(each)} for agent, each in curves.items()]

    regrets = lines(found.regrets)
    aggregates = [
        {
            "id": name,
            "title": title,
            "rows": [
                {"label": agent, "colour": styles[agent].colour, **_ends(getattr(each, name))}
                for agent, each in found.aggregates.items()
            ],
        }
        for name, title in AGGREGATES.items()
    ]
    return {
        "aggregates": aggregates,
        "regrets": regrets,
        "along": found.along,
        "floor": _floor(regrets),
        "profiles": lines(found.profiles),
    }


def _ends(value: Interval) -> dict[str, Any]:
    low, high = _rounded(value.low), _rounded(value.high)
    around = "" if low is None else f" [{value.low:.4f}, {value.high:.4f}]"
    return {"mean": _rounded(value.mean), "low": low, "high": high, "text": f"{value.mean:.4f}{around}"}


def _evaluations(group: Group) -> list[Floats]:
    return [np.arange(1.0, len(run.evaluations) + 1) for run in group.runs]


def _seconds(group: Group) -> list[Floats] | None:
    clocks = [run.clock_s for run in group.runs]
    known = [clock for clock in clocks if clock is not None]
    return known if len(known) == len(clocks) else None


def _lines(
    groups: Sequence[Group],
    clocks: Sequence[list[Floats] | None],
    values: Sequence[list[Floats] | None],
    styles: Styles,
    rng: np.random.Generator,
    *,
    whole: bool,
) -> Lines | None:
    """Return a line a group that has both clock and values."""
    lines = []
    for group, clock, value in zip(groups, clocks, values, strict=True):
        if clock is None or value is None:
            continue
        found = curve(clock, value, rng, whole=whole)
        lines.append({"label": group.label, **styles[group.label]._asdict(), **_plain(found)})
    return lines or None


def _plain(found: Curve) -> dict[str, Any]:
    """Return a curve as JSON-ready lists, rounded to what a screen shows."""
    columns = {"x": found.x, "mean": found.mean, "low": found.low, "high": found.high}
    if np.isnan(found.low).all():
        columns = {"x": found.x, "mean": found.mean}
    return {name: [_rounded(value) for value in column.tolist()] for name, column in columns.items()}


def _rounded(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _floor(lines: Lines | None) -> float | None:
    """Return where a regret of 0 is drawn on a logarithmic axis: half the smallest positive mean."""
    means = [value for line in lines or [] for value in line["mean"] if value is not None and value > 0]
    return min(means) / 2 if means else None


def _reference(groups: Sequence[Group]) -> dict[str, float] | None:
    """Return the reference scores if all groups state the same ones and they are in units of the reward."""
    scales = [run.scale for group in groups for run in group.runs]
    if any(scale is not None for scale in scales):
        exact = all(scale is not None and scale.exact is not None for scale in scales)
        return {"best": 1.0} if exact else None
    stated = [group.reference for group in groups]
    first = stated[0]
    if first is None or any(other != first for other in stated):
        return None
    if first.get("metric", "reward") not in {"reward", reward_name(groups)}:
        return None
    known = {name: float(first[name]) for name in ("mean_random", "best") if first.get(name) is not None}
    return known if "best" in known else None


def _notes(
    groups: Sequence[Group], seconds: Sequence[list[Floats] | None], regrets: Sequence[list[Floats] | None]
) -> list[str]:
    notes = []
    for what, found, why in (
        ("simulated seconds", seconds, "the cost of at least one evaluation was not recorded"),
        ("regret", regrets, "the best of the benchmark is not known to the run, or the run has not finished"),
    ):
        lacking = [group.label for group, value in zip(groups, found, strict=True) if value is None]
        if lacking:
            which = "any group" if len(lacking) == len(groups) else ", ".join(lacking)
            notes.append(f"No {what} for {which}: {why}.")
    for group in groups:
        lengths = [len(run.evaluations) for run in group.runs]
        if max(lengths) > min(lengths) * 1.1:
            notes.append(f"The curve of {group.label} ends with its shortest run, at {min(lengths):,} evaluations.")
    return notes
