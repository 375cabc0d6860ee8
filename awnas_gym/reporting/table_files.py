"""Tables of a report as files: CSV with every number, LaTeX with what a paper prints."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from awnas_gym.files import write_atomically
from awnas_gym.reporting.figures import AGGREGATES
from awnas_gym.reporting.overview import Overview
from awnas_gym.reporting.paired import settled_best
from awnas_gym.reporting.standings import Standing
from awnas_gym.reporting.statistics import Interval
from awnas_gym.reporting.summary import SummaryRow

SPECIAL = str.maketrans(
    {char: rf"\{char}" for char in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)

COLUMNS = {"best": "reward", "regret": "regret", "test_accuracy": "test accuracy"}
"""Fields of a row that the LaTeX table shows, and their headings."""


def write_tables(folder: Path, found: Mapping[str, Standing], over: Overview | None) -> list[Path]:
    """Write `results.csv` and `results.tex` and, of several environments, `overview.csv` and `overview.tex`.

    Args:
        folder: gets them; it is made where it is missing.
        found: environment -> who stands where; the best is bold where the paired tests settle it.
        over: of all environments, if there are several.

    Raises:
        RunFolderError: a file cannot be written.
    """
    rows = [row for standing in found.values() for row in standing.rows]
    contents = {"results.csv": _results_csv(rows), "results.tex": _results_tex(found)}
    if over is not None:
        contents |= {"overview.csv": _overview_csv(over), "overview.tex": _overview_tex(over)}
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return [folder / name for name in contents]


def _results_csv(rows: Sequence[SummaryRow]) -> str:
    """Return every field of each row; an interval is three columns."""
    table = []
    for row in rows:
        line: dict[str, object] = {"environment": row.environment, "agent": row.label}
        for field in fields(row):
            value = getattr(row, field.name)
            if field.name in {"environment", "label"}:
                continue
            if field.name in {"best", "regret", "test_accuracy", "score"}:
                line |= _ends(field.name, value)
            else:
                line[field.name] = "" if value is None else value
        table.append(line)
    return _csv(table)


def _overview_csv(over: Overview) -> str:
    table = []
    for agent, each in over.aggregates.items():
        line: dict[str, object] = {"agent": agent, "seeds": len(over.seeds), "environments": len(over.environments)}
        for name in AGGREGATES:
            line |= _ends(name, getattr(each, name))
        for other in over.aggregates:
            line[f"better_than_{other}"] = over.improvements[agent, other].mean if other != agent else ""
        table.append(line)
    return _csv(table)


def _ends(name: str, value: Interval | None) -> dict[str, object]:
    """Return a number and the ends of its interval as columns, empty where there is none."""
    given = (math.nan,) * 3 if value is None else (value.mean, value.low, value.high)
    names = (name, f"{name}_low", f"{name}_high")
    return {key: number if math.isfinite(number) else "" for key, number in zip(names, given, strict=True)}


def _csv(table: Sequence[Mapping[str, object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def _results_tex(found: Mapping[str, Standing]) -> str:
    lines = []
    for n, (environment, standing) in enumerate(found.items()):
        if len(found) > 1:
            lines += [r"\midrule"] if n else []
            lines.append(rf"\multicolumn{{{2 + len(COLUMNS)}}}{{l}}{{{_tex(environment)}}} \\")
        for row in standing.rows:
            strong = row.label == standing.best
            cells = [_number(getattr(row, name), strong=strong and name == "best") for name in COLUMNS]
            lines.append(" & ".join([_tex(row.label), str(row.seeds), *cells]) + r" \\")
    reasons = dict.fromkeys(reason for standing in found.values() for reason in standing.unfair)
    return "".join(f"% {reason}\n" for reason in reasons) + _tabular(["agent", "seeds", *COLUMNS.values()], lines)


def _overview_tex(over: Overview) -> str:
    best = settled_best(list(over.aggregates), over.comparisons)
    lines = []
    for agent, each in over.aggregates.items():
        cells = [_number(getattr(each, name), strong=agent == best) for name in AGGREGATES]
        lines.append(" & ".join([_tex(agent), *cells]) + r" \\")
    unlike = "" if over.fair else "% These runs are no fair comparison: see the page.\n"
    return unlike + _tabular(["agent", *(name.replace("_", " ") for name in AGGREGATES)], lines)


def _tabular(heads: Sequence[str], lines: Sequence[str]) -> str:
    """Return a table for the package booktabs."""
    columns = "l" + "r" * (len(heads) - 1)
    return "\n".join(
        [
            "% needs \\usepackage{booktabs}; in brackets 95 % bootstrap intervals; bold: better than every other agent",
            "% by sign flips of paired seeds with Holm's correction, p < 0.05",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            " & ".join(heads) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def _number(value: Interval | None, *, strong: bool) -> str:
    if value is None or not math.isfinite(value.mean):
        return "--"
    mean = rf"\textbf{{{value.mean:.4f}}}" if strong else f"{value.mean:.4f}"
    return mean if math.isnan(value.low) else f"{mean} [{value.low:.4f}, {value.high:.4f}]"


def _tex(text: str) -> str:
    return text.translate(SPECIAL)
