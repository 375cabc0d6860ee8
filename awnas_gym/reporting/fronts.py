"""Pareto plots of a report as plain data, and the front of the best run as a table."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.metrics import is_metric, metric_info
from awnas_gym.pareto import non_dominated
from awnas_gym.reporting.groups import Group
from awnas_gym.reporting.read import Run
from awnas_gym.reporting.scale import Scale

MOST_POINTS = 1500
"""Evaluations of a run that a plot shows: its last ones, and its front."""

MOST_ROWS = 100
"""Members of a front in the table."""


def front_figures(groups: Sequence[Group], colours: Sequence[str]) -> list[dict[str, Any]]:
    """Return a plot for the first objective against each other one, for each environment with vector rewards.

    A plot is `{"title", "x", "y", "shape", "exact", "groups"}`; `exact` and the `points` and `front` of each group are
    `{"x", "y", "text"}`, in the units of metrics, `exact` None where it is not known; `shape` is that of the steps
    between members, None where there are more objectives. A group shows its run of median hypervolume.
    """
    chosen = [(group, colour, middle_run(group)) for group, colour in zip(groups, colours, strict=True)]
    chosen = [each for each in chosen if each[2].scale is not None]
    figures = []
    for scale in {id(run.scale): run.scale for *_, run in chosen}.values():
        assert scale is not None  # noqa: S101 - chosen so
        same = [each for each in chosen if each[2].scale is scale]
        figures += [_figure(scale, same, other) for other in range(1, len(scale.names))]
    return figures


def middle_run(group: Group) -> Run:
    """Return the run whose last hypervolume is the median of the group's, the lower one of two."""
    ranked = sorted(group.runs, key=lambda run: float(run.rewards[-1]))
    return ranked[(len(ranked) - 1) // 2]


def _figure(scale: Scale, chosen: Sequence[tuple[Group, str, Run]], other: int) -> dict[str, Any]:
    lines = []
    for group, colour, run in chosen:
        assert run.vectors is not None  # noqa: S101 - it has a scale
        best = np.flatnonzero(non_dominated(run.vectors))
        shown = np.unique(np.append(np.arange(len(run.vectors))[-MOST_POINTS:], best))
        texts = [f"{evaluation.architecture} (evaluation {evaluation.n})" for evaluation in run.evaluations]
        points = _columns(scale, run.vectors[shown], other, [texts[i] for i in shown])
        front = _columns(scale, run.vectors[best], other, [texts[i] for i in best])
        lines.append({"label": group.label, "colour": colour, "seed": run.seed, "points": points, "front": front})
    exact = None if scale.exact is None else _columns(scale, scale.exact, other, ["exact front"] * len(scale.exact))
    x, y = axis_title(scale.names[other]), axis_title(scale.names[0])
    steps = "vh" if is_metric(scale.names[other]) and metric_info(scale.names[other]).maximise else "hv"
    shape = steps if len(scale.names) == 2 else None
    return {"title": f"{y} against {x}", "x": x, "y": y, "shape": shape, "exact": exact, "groups": lines}


def _columns(scale: Scale, rewards: NDArray[np.float64], other: int, texts: Sequence[str]) -> dict[str, list[Any]]:
    """Return points of the other objective (x) and the first one (y), by ascending x."""
    values = scale.shown(rewards)
    order = np.lexsort((values[:, 0], values[:, other])).tolist()
    columns = {"x": values[order, other], "y": values[order, 0]}
    plain = {name: [float(f"{value:.6g}") for value in column.tolist()] for name, column in columns.items()}
    return {**plain, "text": [texts[i] for i in order]}


def axis_title(name: str) -> str:
    """Return a metric's name and unit in words.

    >>> axis_title("pixel3_latency_ms"), axis_title("params")
    ('pixel3 latency (ms)', 'params')
    """
    unit = metric_info(name).unit if is_metric(name) else ""
    if unit in {"", "count", "fraction"}:
        return name.replace("_", " ")
    return f"{name.removesuffix(f'_{unit.lower()}').replace('_', ' ')} ({unit})"


def front_table(group: Group, run: Run) -> str:
    """Return the front of a run as HTML."""
    assert run.vectors is not None  # noqa: S101 - called for vector rewards
    assert run.scale is not None  # noqa: S101 - likewise
    best = np.flatnonzero(non_dominated(run.vectors))
    best = best[np.unique(run.vectors[best], axis=0, return_index=True)[1]]
    values = run.scale.shown(run.vectors)
    titles = ("architecture", *map(axis_title, run.scale.names))
    heads = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    lines = []
    for i in best[:MOST_ROWS].tolist():
        cells = "".join(f"<td>{value:,.5g}</td>" for value in values[i].tolist())
        lines.append(f'<tr><th scope="row"><code>{escape(run.evaluations[i].architecture)}</code></th>{cells}</tr>')
    table = f"<table><thead><tr>{heads}</tr></thead>\n<tbody>{''.join(lines)}</tbody></table>"
    more = f"<p>{len(best) - MOST_ROWS:,} more are in its history.</p>" if len(best) > MOST_ROWS else ""
    return (
        f"<p>Found by {escape(group.label)}, seed {run.seed}: {len(best):,} that nothing it evaluated dominates.</p>\n"
        f'<div class="scroll" tabindex="0">{table}</div>{more}'
    )
