"""The best architecture of a set of runs: drawing, genotype and metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from awnas_gym.errors import AwnasError
from awnas_gym.metrics import is_metric, metric_info
from awnas_gym.reporting.fronts import front_table
from awnas_gym.reporting.groups import Group
from awnas_gym.reporting.read import Run
from awnas_gym.reporting.space import space_of
from awnas_gym.spaces.drawing import draw_svg


def winner(groups: Sequence[Group]) -> tuple[Group, Run]:
    """Return the run with the highest reward of all, and its group."""
    return max(((g, run) for g in groups for run in g.runs), key=lambda pair: float(pair[1].rewards.max()))


def best(groups: Sequence[Group], quantity: str) -> str:
    """Return the drawing, genotype and metrics of the evaluation with the highest reward of all.

    Of a search by mixtures that has finished, what the agent came to.
    """
    group, run = winner(groups)
    if run.scale is not None:
        return front_table(group, run)
    found = run.incumbent
    incumbent = (run.summary or {}).get("incumbent") or {}
    if found.mixed and isinstance(incumbent.get("architecture"), str):
        found = replace(run.evaluations[-1], architecture=incumbent["architecture"], metrics={})
    report = (incumbent.get("report") or {}) if incumbent.get("n") == found.n else {}
    metrics = {**found.metrics, **({} if found.cost_s is None else {"cost_s": found.cost_s}), **report}
    items = "".join(
        "<div><dt>{}</dt><dd>{}</dd></div>".format(*map(escape, _measured(name, value)))
        for name, value in metrics.items()
        if isinstance(value, int | float)
    )
    reward = "" if quantity != "reward" else f" with a reward of {found.reward:.4f}"
    unseen = "test_accuracy" in report and "test_accuracy" not in found.metrics
    test = " Test metrics had no part in the choice." if unseen else ""
    return (
        f"<p>Found by {escape(group.label)}, seed {run.seed}, at evaluation {found.n:,}{escape(reward)}.{test}</p>\n"
        f'<div class="scroll drawing" tabindex="0">{_drawing(run.config, found.architecture)}</div>\n'
        f"<p><code>{escape(found.architecture)}</code></p>\n<dl>{items}</dl>"
    )


def _measured(name: str, value: float) -> tuple[str, str]:
    """Return a metric's name and value in words: `("latency", "0.689 ms")`."""
    unit = metric_info(name).unit if is_metric(name) else ""
    if not math.isfinite(value):
        return name.replace("_", " "), "not recorded"
    if unit in {"", "count", "fraction"}:
        text = f"{value:,.0f}" if unit == "count" else f"{value:.4f}" if unit == "fraction" else f"{value:,.4g}"
        return name.replace("_", " "), text
    return name.removesuffix(f"_{unit.lower()}").replace("_", " "), f"{value:,.4g} {unit}"


def _drawing(config: Mapping[str, Any], genotype: str) -> str:
    """Return the architecture as SVG, or a sentence on why it cannot be drawn."""
    try:
        space = space_of(config)
        return draw_svg(space.graph(space.parse(genotype)))
    except (AwnasError, TypeError) as error:
        return f"<p>Not drawn: {escape(str(error))}</p>"
