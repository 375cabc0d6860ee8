"""What the page says of one environment: sentences, plots as data, and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any, final

import numpy as np

from awnas_gym.reporting.best import best, winner
from awnas_gym.reporting.cells import cells, full_cells
from awnas_gym.reporting.conditions import conditions
from awnas_gym.reporting.figures import Styles, figures
from awnas_gym.reporting.fill import fill
from awnas_gym.reporting.fronts import front_figures
from awnas_gym.reporting.groups import Group
from awnas_gym.reporting.mixtures import mixture_figures
from awnas_gym.reporting.paired import ALPHA, Comparison
from awnas_gym.reporting.repeat import configurations
from awnas_gym.reporting.results import results_table
from awnas_gym.reporting.scores import reward_name
from awnas_gym.reporting.standings import Standing
from awnas_gym.reporting.statistics import RESAMPLES
from awnas_gym.reporting.summary import SummaryRow, caveats, headline


@final
@dataclass(frozen=True, slots=True)
class Section:
    """The part of a page about one environment.

    Attributes:
        environment: its label.
        headline: a sentence on who wins.
        notes: what weakens the comparison.
        data: for the plots.
        html: of the part.
    """

    environment: str
    headline: str
    notes: Sequence[str]
    data: Mapping[str, Any]
    html: str


def environment_section(
    environment: str,
    groups: Sequence[Group],
    standing: Standing,
    styles: Styles,
    rng: np.random.Generator,
    *,
    number: int,
    alone: bool,
) -> Section:
    """Return the part of a page about one environment.

    Args:
        environment: its label.
        groups: that played it, in order of the legend.
        standing: of them.
        styles: how their lines look.
        rng: consumed by the bootstrap.
        number: of the part on the page.
        alone: it is all of the page, which then says headline and notes.
    """
    rows = standing.rows
    quantity = reward_name(groups)
    fronts = front_figures(groups, [styles[group.label].colour for group in groups])
    data = {**figures(groups, styles, rng), "mixtures": mixture_figures(groups), "fronts": fronts}
    said = headline(rows, standing.comparisons, quantity, fair=not standing.unfair)
    notes = [*_measures(groups), *standing.unfair, *conditions(groups), *caveats(rows), *data.pop("notes")]
    named = {(environment, standing.best)} if standing.best else set()
    if alone:
        columns = partial(full_cells, quantity=quantity, environments=False)
        table = results_table(rows, columns, named, groups)
    else:
        table = results_table(rows, partial(cells, quantity=quantity), named)
    title = f'<header><h2>{escape(environment)}</h2>\n<p class="headline">{escape(said)}</p>\n'
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    html = fill(
        "environment.html",
        n=str(number),
        h="h2" if alone else "h3",
        header="" if alone else f'{title}<ul class="notes">{listed}</ul></header>',
        table=table,
        best_title="The best front" if winner(groups)[1].scale is not None else "The best architecture",
        best=best(groups, quantity),
        repeat=configurations(groups),
        bands=_bands(rows),
        tests=_tests(standing.comparisons),
    )
    return Section(environment, said, notes, data, html)


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


def _bands(rows: Sequence[SummaryRow]) -> str:
    if all(row.seeds == 1 for row in rows):
        return "One seed, so no intervals."
    return (
        f"Lines: mean over seeds. Bands: 95 % bootstrap intervals of that mean (percentiles of {RESAMPLES:,} "
        "resamples of the seeds)."
    )


def _tests(comparisons: Sequence[Comparison]) -> str:
    """Return as HTML what the paired tests settle."""
    if not comparisons:
        return ""
    settled = sorted((each for each in comparisons if each.settled), key=lambda each: each.p_value)
    items = "".join(
        f"<li>{escape(each.first)} over {escape(each.second)}, p = {each.p_value:.3g}</li>" for each in settled
    )
    return (
        f'<details class="soft"><summary>{len(settled)} of {len(comparisons)} pairs of agents are settled by '
        f"paired seeds (sign flips, p &lt; {ALPHA}, Holm’s correction)</summary><ul>{items}</ul></details>\n"
    )
