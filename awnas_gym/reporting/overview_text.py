"""What is said over all environments, as sentences and tables in HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from awnas_gym.reporting.fill import fill
from awnas_gym.reporting.overview import Overview
from awnas_gym.reporting.paired import ALPHA, settled_best, unbeaten
from awnas_gym.reporting.statistics import RESAMPLES, Interval


def overview_headline(found: Overview) -> str:
    """Return a sentence on who has the highest scores, that claims no more than the paired test allows."""
    first = next(iter(found.aggregates))
    score = found.aggregates[first].interquartile_mean
    said = (
        f"{first} has the highest interquartile mean of normalised scores over {len(found.environments)} environments "
        f"and {len(found.seeds)} seeds: {score.mean:.4f} (95 % interval {score.low:.4f} to {score.high:.4f})"
    )
    others = [agent for agent in found.aggregates if agent != first]
    unsettled = unbeaten(first, others, found.comparisons)
    if not others:
        return f"{said}."
    if not found.fair:
        return f"{said}, but these runs are no fair comparison."
    if not unsettled:
        return f"{said}; its mean is above that of every other agent by a test of paired seeds (p < {ALPHA})."
    return f"{said}, but a test of paired seeds does not settle that it is better than {', '.join(unsettled)}."


def overview_section(found: Overview) -> str:
    """Return tables and places of plots over all environments."""
    return fill(
        "overview.html",
        measure=escape(
            f"{len(found.aggregates)} agents, {len(found.seeds)} seeds each on {len(found.environments)} environments. "
            "Scores are normalised: 0 is the mean random architecture of the environment, 1 its best; of vector "
            "rewards the share of the exact front's hypervolume."
        ),
        aggregates=_aggregates(found),
        matrix=_matrix(found),
        resamples=f"{RESAMPLES:,}",
        alpha=str(ALPHA),
        pairs=str(len(found.comparisons)),
    )


def _aggregates(found: Overview) -> str:
    best = settled_best(list(found.aggregates), found.comparisons)
    lines = []
    for agent, each in found.aggregates.items():
        values = (each.interquartile_mean, each.optimality_gap, each.mean)
        tds = "".join(f"<td>{_interval(value, strong=agent == best)}</td>" for value in values)
        lines.append(f'<tr><th scope="row">{_name(agent)}</th>{tds}</tr>')
    return _table(["agent", "interquartile mean", "optimality gap", "mean"], lines)


def _matrix(found: Overview) -> str:
    agents = list(found.aggregates)
    settled = {(each.first, each.second) for each in found.comparisons if each.settled}
    lines = []
    for agent in agents:
        tds = []
        for other in agents:
            if other == agent:
                tds.append('<td class="self"></td>')
                continue
            value = found.improvements[agent, other]
            star = " ★" if (agent, other) in settled else ""
            tds.append(f'<td style="--p: {value.mean:.2f}">{_interval(value, digits=2, after=star)}</td>')
        lines.append(f'<tr><th scope="row">{_name(agent)}</th>{"".join(tds)}</tr>')
    return _table(["better than", *agents], lines, "matrix")


def _table(heads: Sequence[str], lines: Sequence[str], name: str = "") -> str:
    cells = "".join(f'<th scope="col">{_name(head)}</th>' for head in heads)
    rows = "\n".join(lines)
    return f'<table class="{name}"><thead><tr>{cells}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>'


def _interval(value: Interval, *, digits: int = 4, strong: bool = False, after: str = "") -> str:
    mean = f"{value.mean:.{digits}f}{after}"
    around = f"[{value.low:.{digits}f}, {value.high:.{digits}f}]"
    return f"{f'<strong>{mean}</strong>' if strong else mean} <small>{around}</small>"


def _name(text: str) -> str:
    return escape(text).replace("_", "_<wbr>")
