"""One self-contained HTML page about a set of runs; it opens offline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path

import numpy as np

from awnas_gym.errors import MissingExtraError, RunFolderError
from awnas_gym.files import write_atomically
from awnas_gym.reporting.cells import full_cells
from awnas_gym.reporting.figures import overview_figures, styles_of
from awnas_gym.reporting.fill import fill, template
from awnas_gym.reporting.groups import Group, by_environment, group_runs
from awnas_gym.reporting.overview import overview
from awnas_gym.reporting.overview_text import overview_headline, overview_section
from awnas_gym.reporting.read import find_runs
from awnas_gym.reporting.results import results_table
from awnas_gym.reporting.scores import reward_name
from awnas_gym.reporting.section import Section, environment_section
from awnas_gym.reporting.standings import Standing, standings
from awnas_gym.reporting.summary import FEW_SEEDS, NARROW, best_first

SCRIPTS = ("shared.js", "environment.js", "overview.js", "tables.js")


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
    groups = best_first(groups)
    played = dict(sorted(by_environment(groups).items()))
    for_overview, for_rows, for_curves = rng.spawn(3)  # so that files for a paper have the same numbers
    over, notes = overview(groups, for_overview) if len(played) > 1 else (None, [])
    found = standings(played, for_rows)
    styles = styles_of([*(over.aggregates if over else ()), *(group.label for group in groups)])
    sections = [
        environment_section(name, same, found[name], styles, for_curves, number=n, alone=len(played) == 1)
        for n, (name, same) in enumerate(played.items())
    ]
    data = {
        "overview": overview_figures(over, styles) if over else None,
        "environments": [section.data for section in sections],
    }
    if len(sections) == 1:
        title, headline = f"Search on {sections[0].environment}", sections[0].headline
        notes = [*sections[0].notes, *left_out]
    else:
        title = f"{len({group.label for group in groups})} agents on {len(played)} environments"
        headline = (
            overview_headline(over) if over else "These environments have nothing in common to compare agents by."
        )
        few = over is not None and len(over.seeds) < FEW_SEEDS
        notes = [*notes, *([f"Fewer than {FEW_SEEDS} seeds: {NARROW}."] if few else []), *left_out]
    return fill(
        "page.html",
        title=escape(title),
        headline=escape(headline),
        notes="".join(f"<li>{escape(note)}</li>" for note in notes),
        contents=_contents(sections),
        overview=_overview(played, found, overview_section(over) if over else ""),
        environments="\n".join(section.html for section in sections),
        css=template("page.css"),
        script="".join(map(template, SCRIPTS)) + "start();\n",
        data=json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
        plotly=plotly,
    )


def _contents(sections: Sequence[Section]) -> str:
    if len(sections) == 1:
        return ""
    links = (f'<li><a href="#environment-{n}">{escape(each.environment)}</a></li>' for n, each in enumerate(sections))
    return f'<ul class="contents" aria-label="Environments">{"".join(links)}</ul>\n'


def _overview(played: Mapping[str, Sequence[Group]], found: Mapping[str, Standing], over: str) -> str:
    """Return what stands before the environments: nothing if there is one alone."""
    if len(played) == 1:
        return ""
    shared = {reward_name(groups) for groups in played.values()}
    quantity = shared.pop() if len(shared) == 1 else "reward"
    rows = [row for standing in found.values() for row in standing.rows]
    best = {(name, standing.best) for name, standing in found.items() if standing.best}
    columns = partial(full_cells, quantity=quantity, environments=True)
    table = results_table(rows, columns, best, [group for groups in played.values() for group in groups])
    return f"{over}\n{fill('all.html', table=table)}\n"
