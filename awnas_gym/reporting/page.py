"""One self-contained HTML page about a set of runs; it opens offline."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import yaml

from awnas_gym.errors import AwnasError, MissingExtraError, RunFolderError
from awnas_gym.files import write_atomically
from awnas_gym.metrics import is_metric, metric_info
from awnas_gym.reporting.figures import colours_of, figures
from awnas_gym.reporting.fronts import front_figures, front_table
from awnas_gym.reporting.groups import Group, group_runs
from awnas_gym.reporting.mixtures import NOTE, is_mixed, mixture_figures
from awnas_gym.reporting.read import Run, find_runs
from awnas_gym.reporting.statistics import RESAMPLES
from awnas_gym.reporting.summary import SummaryRow, caveats, cells, headline, reward_name, summarise
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.drawing import draw_svg

LIMITED = (
    "Architectures that break the constraint of their objective count as nothing: in curves, in the table, as the best."
)


def write_report(paths: Sequence[Path], out: Path) -> Path:
    """Write a page about every run in and below `paths` and return `out`.

    Raises:
        RunFolderError: a run cannot be read, none has an evaluation, or `out` cannot be written.
        MissingExtraError: plotly is not installed.
    """
    groups, left_out = group_runs(find_runs(paths))
    if not groups:
        raise RunFolderError(f"{', '.join(map(str, paths))}: no run has an evaluation yet; there is nothing to report")
    write_atomically(out, _page(groups, left_out, _plotly(), np.random.default_rng(0)))
    return out


def _plotly() -> str:
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        raise MissingExtraError("plotly", "plot") from error
    return str(get_plotlyjs())


def _page(groups: Sequence[Group], left_out: Sequence[str], plotly: str, rng: np.random.Generator) -> str:
    groups = sorted(groups, key=lambda group: -float(np.mean([run.rewards.max() for run in group.runs])))
    rows = summarise(groups, rng)
    quantity = reward_name(groups)
    fronts = front_figures(groups, colours_of(groups))
    data = {**figures(groups, rng), "mixtures": mixture_figures(groups), "fronts": fronts}
    mixed = any(is_mixed(run) for group in groups for run in group.runs)
    limited = any(evaluation.violation > 0 for g in groups for run in g.runs for evaluation in run.evaluations)
    notes = [
        *_measures(groups),
        *([NOTE] if mixed else []),
        *([LIMITED] if limited else []),
        *_comparability(groups),
        *caveats(rows),
        *data.pop("notes"),
        *left_out,
    ]
    template = Template(files("awnas_gym.reporting").joinpath("page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(f"Search on {', '.join(dict.fromkeys(run.environment for g in groups for run in g.runs))}"),
        headline=escape(headline(rows, quantity)),
        notes="".join(f"<li>{escape(note)}</li>" for note in notes),
        table=_table(rows, quantity),
        best_title="The best front" if _winner(groups)[1].scale is not None else "The best architecture",
        best=_best(groups, quantity),
        repeat=_repeat(groups),
        bands=_bands(rows),
        data=json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
        plotly=plotly,
    )


def _measures(groups: Sequence[Group]) -> list[str]:
    """Return a sentence on what hypervolumes are shares of."""
    scales = [run.scale for group in groups for run in group.runs]
    if not any(scale is not None for scale in scales):
        return []
    exact = all(scale is None or scale.exact is not None for scale in scales)
    ends = "the benchmark's exact front" if exact else "what all these runs found together"
    whole = ", as a share of that of the exact front" if exact else ""
    by = f"scaled by ideal and nadir of {ends}, with the reference point 1.1"
    return [f"Hypervolumes are of objectives {by}{whole}."]


def _comparability(groups: Sequence[Group]) -> list[str]:
    """Return sentences on what the groups do not share, though a comparison needs it."""
    notes = []
    for part, what in (("environment", "environments"), ("budget", "budgets")):
        if any(group.config.get(part) != groups[0].config.get(part) for group in groups):
            notes.append(f"These runs have different {what}: their curves and ranks are not a fair comparison.")
    return notes


def _bands(rows: Sequence[SummaryRow]) -> str:
    if all(row.seeds == 1 for row in rows):
        return "One seed, so no intervals."
    return (
        f"Lines: mean over seeds. Bands: 95 % bootstrap intervals of that mean (percentiles of {RESAMPLES:,} "
        "resamples of the seeds)."
    )


def _table(rows: Sequence[SummaryRow], quantity: str) -> str:
    """Return `<thead>` and `<tbody>`; each cell holds the value that a click on its heading sorts by."""
    texts = [cells(row, quantity) for row in rows]
    heads = "".join(
        f'<th scope="col"><button type="button">{escape(head.replace("_", " "))}</button></th>' for head in texts[0]
    )
    lines = []
    for row in texts:
        line = []
        for head, (text, value) in row.items():
            tag = 'th scope="row"' if head == "agent" else "td"
            mean, bracket, around = text.partition(" [") if head != "agent" else (text, "", "")
            shown = escape(mean).replace("_", "_<wbr>") + (f" <small>[{escape(around)}</small>" if bracket else "")
            line.append(f'<{tag} data-value="{escape(str(value))}">{shown}</{tag[:2]}>')
        lines.append(f"<tr>{''.join(line)}</tr>")
    return f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{chr(10).join(lines)}\n</tbody>"


# -------------------------------------------------------------------- the best architecture


def _winner(groups: Sequence[Group]) -> tuple[Group, Run]:
    """Return the run with the highest reward of all, and its group."""
    return max(((g, run) for g in groups for run in g.runs), key=lambda pair: float(pair[1].rewards.max()))


def _best(groups: Sequence[Group], quantity: str) -> str:
    """Return the drawing, genotype and metrics of the evaluation with the highest reward of all.

    Of a search by mixtures that has finished, what the agent came to.
    """
    group, run = _winner(groups)
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
    given = config.get("space")
    if not isinstance(given, dict) or "name" not in given:
        return "<p>Not drawn: the configuration does not name the search space.</p>"
    try:
        space = SPACES.load(str(given["name"]))(**(given.get("settings") or {}))
        return draw_svg(space.graph(space.parse(genotype)))
    except (AwnasError, TypeError) as error:
        return f"<p>Not drawn: {escape(str(error))}</p>"


# -------------------------------------------------------------------- how to repeat it


def _repeat(groups: Sequence[Group]) -> str:
    """Return a configuration for `awnas search` for each set of agents that share all but the agent."""
    shared: dict[str, tuple[dict[str, Any], list[Any]]] = {}
    for group in groups:
        seeds = [run.seed for run in group.runs]
        config = {name: group.config[name] for name in ("environment", "budget") if name in group.config}
        for first, count in _stretches(seeds):
            part = {**config, "seeds": count, "first_seed": first}
            shared.setdefault(json.dumps(part, default=str), (part, []))[1].append(group.config["agent"])
    blocks = []
    for i, (part, agents) in enumerate(shared.values(), start=1):
        name = "search.yaml" if len(shared) == 1 else f"search-{i}.yaml"
        text = yaml.safe_dump({"environment": part.pop("environment"), "agents": agents, **part}, sort_keys=False)
        blocks.append(
            f"<p>Save this as <code>{name}</code> and run <code>awnas search {name} --out runs/repeated</code>:</p>\n"
            f'<pre class="scroll" tabindex="0">{escape(text)}</pre>'
        )
    return "\n".join(blocks)


def _stretches(seeds: Iterable[int]) -> list[tuple[int, int]]:
    """Return sorted seeds as (first, count) of unbroken stretches.

    >>> _stretches([0, 1, 2, 7])
    [(0, 3), (7, 1)]
    """
    found: list[tuple[int, int]] = []
    for seed in seeds:
        if found and seed == sum(found[-1]):
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((seed, 1))
    return found
