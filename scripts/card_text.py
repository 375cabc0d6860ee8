"""A problem card as Markdown."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from awnas_gym.metrics import metric_info
from scripts.problem_card import ProblemCard

OWN_PLACE = frozenset({"title", "licence", "limits", "agents"})
"""Keys of a table's card that have a place of their own on the page; all others stand under its provenance."""

MOST_LISTED = 12
"""Fidelities; of more the first and the last are named."""

NOISE = "r is the mean rank correlation between single measurements; that of their mean follows by Spearman-Brown."


def card_text(card: ProblemCard) -> str:
    """Return the whole section."""
    parts = [table(["Of the default table", str(card.table["title"])], _facts(card)), *_scores(card)]
    if card.front:
        parts += ["### Pareto front", *_front(card)]
    if "agents" in card.table:
        parts += ["### Reference scores", *_agents(card.table["agents"])]
    if agreement := [line for each in card.table.get("passes", {}).values() for line in each["agreement"]]:
        parts += ["### Noise", NOISE, _list(agreement)]
    if "limits" in card.table:
        parts += ["### Known defects", _list(card.table["limits"])]
    if origin := _origin(card.table):
        parts += ["### Provenance", _list(f"{key}: {_words(value)}" for key, value in origin.items())]
    return "\n\n".join(parts)


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def number(metric: str, value: float | None) -> str:
    """Return a value of a metric as a reader wants it."""
    if value is None:
        return "not recorded"
    unit = metric_info(metric).unit
    if unit == "fraction":
        return f"{value:.4f}"
    return f"{value:,.0f}" if unit == "count" or abs(value) >= 1000 else f"{value:.4g}"


def _facts(card: ProblemCard) -> list[list[str]]:
    decisions = [f"{len(list(same))} of {n} choices each" for n, same in itertools.groupby(card.cardinalities)]
    epochs = [str(each) for each in card.fidelities]
    epochs = epochs if len(epochs) <= MOST_LISTED else [epochs[0], "…", epochs[-1]]
    unique = "nobody has counted its functions" if card.unique is None else f"{card.unique:,} different functions"
    steps = ", ".join(f"`{kind}` {about['steps']}" for kind, about in card.kinds.items())
    space = ", ".join(f"{key}={value!r}" for key, value in card.space["settings"].items())
    return [
        ["Search space", f"`{card.space['name']}` ({space})"],
        ["Size", f"{card.size:,} architectures, {unique}"],
        ["Decisions", ", ".join(decisions)],
        ["Horizon", f"steps of an episode: {steps}"],
        ["Recorded", f"{card.recorded:,} architectures; trainings of each: up to {card.trials}"],
        ["Fidelities", f"epochs {', '.join(epochs)}"],
        ["Licence", str(card.table.get("licence", "not stated"))],
        *([["Version", f"`{card.version[:16]}`"]] if card.version else []),
    ]


def _scores(card: ProblemCard) -> list[str]:
    """Return the best of each split beside the mean, and which architectures those are; else what was published."""
    if not card.best:
        return ["### Published optima", _list(card.published)] if card.published else []
    head = ["", *(f"best by `{metric}`" for metric in card.best), "mean"]
    rows = [
        [f"`{metric}`", *(number(metric, best["metrics"][metric]) for best in card.best.values()), number(metric, mean)]
        for metric, mean in card.mean.items()
    ]
    places = [
        f"best by `{metric}`: `{best['architecture']}`"
        + (f", first of {best['reach']:,} that reach it" if best["reach"] > 1 else "")
        for metric, best in card.best.items()
    ]
    costs = "; `cost_s` is that of all of them" if "cost_s" in card.mean else ""
    about = f"At the highest fidelity, {card.fidelities[-1]}, trainings averaged{costs}."
    return ["### Optimum of each split", about, table(head, rows), _list(places)]


def _front(card: ProblemCard) -> list[str]:
    front = card.front
    rows = [
        [f"`{metric}`", *(number(metric, value) for value in values)]
        for metric, *values in zip(
            front["objectives"], front["ideal"], front["nadir"], front["reference_point"], strict=True
        )
    ]
    about = f"{front['pareto_set']:,} architectures; hypervolume {front['hypervolume']:,.4g} above the reference point."
    return [f"{about} In the units of rewards.", table(["", "ideal", "nadir", "reference point"], rows)]


def _agents(agents: dict[str, Any]) -> list[str]:
    scores = {agent: score for agent, score in agents.items() if agent != "what"}
    metrics = list(next(iter(scores.values())))
    rows = [[f"`{agent}`", *(number(each, score[each]) for each in metrics)] for agent, score in scores.items()]
    return [f"{agents['what']}.", table(["Agent", *(f"`{each}`" for each in metrics)], rows)]


def _origin(about: dict[str, Any]) -> dict[str, Any]:
    """Return what a table's card says of where the numbers come from; of a pass without what stands under noise."""
    passes = {f"pass {name}": {**each, "agreement": None} for name, each in about.get("passes", {}).items()}
    return {key: value for key, value in about.items() if key not in {*OWN_PLACE, "passes"}} | passes


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _words(value: object) -> str:
    """Return a value of a card, nested mappings in brackets."""
    if not isinstance(value, dict):
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    parts = {key: f"({_words(each)})" if isinstance(each, dict) else _words(each) for key, each in value.items()}
    return ", ".join(f"{key} {text}" for key, text in parts.items() if value[key] is not None)
