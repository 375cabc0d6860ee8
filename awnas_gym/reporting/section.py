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
from awnas_gym.reporting.figures import Styles, figures
from awnas_gym.reporting.fill import fill
from awnas_gym.reporting.fronts import front_figures
from awnas_gym.reporting.groups import Group, unfair
from awnas_gym.reporting.mixtures import NOTE, is_mixed, mixture_figures
from awnas_gym.reporting.paired import ALPHA, Comparison
from awnas_gym.reporting.repeat import configurations
from awnas_gym.reporting.results import results_table
from awnas_gym.reporting.scores import reward_name
from awnas_gym.reporting.standings import Standing
from awnas_gym.reporting.statistics import RESAMPLES
from awnas_gym.reporting.summary import SummaryRow, caveats, headline

LIMITED = (
    "Architectures that break the constraint of their objective count as nothing: in curves, in the table, as the best."
)

SHALLOW = (
    "Runs that evaluated nothing at the highest fidelity of the others, so what is best in them is best at a lower one "
    "and no fair comparison"
)

NOISY = (
    "Rewards are of single trainings drawn at random: the best of many is best partly by luck, and its regret is to "
    "the luckiest training that is recorded. Compare agents by test accuracy, which is a mean."
)


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
    said = headline(rows, standing.comparisons, quantity)
    notes = [*_measures(groups), *_conditions(groups), *caveats(rows), *data.pop("notes")]
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


def _conditions(groups: Sequence[Group]) -> list[str]:
    """Return sentences on what rewards are of, and on what the groups do not share, though a comparison needs it."""
    runs = [run for group in groups for run in group.runs]
    limited = any(evaluation.violation > 0 for run in runs for evaluation in run.evaluations)
    highest = max(run.fidelity for run in runs)
    low = [group.label for group in groups if any(run.fidelity < highest for run in group.runs)]
    return [
        *([NOTE] if any(is_mixed(run) for run in runs) else []),
        *([LIMITED] if limited else []),
        *([NOISY] if any(run.config["environment"].get("trial") == "random" for run in runs) else []),
        *unfair(groups),
        *([f"{SHALLOW}: {', '.join(low)}."] if low else []),
    ]


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
