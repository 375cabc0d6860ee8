"""Plots of a report as files for a paper: PNG, SVG and PDF."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from awnas_gym.errors import MissingExtraError, RunFolderError
from awnas_gym.reporting.figures import AGGREGATES, Styles
from awnas_gym.reporting.groups import Group
from awnas_gym.reporting.overview import Overview
from awnas_gym.reporting.scores import regrets_of
from awnas_gym.reporting.statistics import Curve, curve

FORMATS = ("png", "svg", "pdf")
DPI = 200
WIDTH = 5.5
"""Of a figure in inches: the text of a page with margins of 1.5."""

SETTINGS: dict[Any, Any] = {
    **{"font.size": 9, "axes.spines.top": False, "axes.spines.right": False},
    **{"svg.hashsalt": "awnas", "pdf.fonttype": 42},  # the same file each time; letters that can be searched
}
DASHES = {"solid": "solid", "dash": "dashed", "dot": "dotted", "dashdot": "dashdot"}
"""Names of dashes in plotly, and in matplotlib."""

UNDATED: dict[str, dict[str, None]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""Metadata without which the same runs give the same files."""


def write_figures(
    folder: Path,
    played: Mapping[str, Sequence[Group]],
    over: Overview | None,
    styles: Styles,
    rng: np.random.Generator,
) -> list[Path]:
    """Write the regret on each environment and, of several, what is said over all; return the files.

    Args:
        folder: gets them; it is made where it is missing.
        played: environment -> groups.
        over: of all environments, if there are several.
        styles: how the lines of each agent look.
        rng: consumed by the bootstrap.

    Raises:
        MissingExtraError: matplotlib is not installed.
        RunFolderError: a file cannot be written.
    """
    files = []
    for environment, groups in played.items():
        curves = _regrets(groups, rng)
        if curves:
            name = f"regret_{slug(environment)}" if len(played) > 1 else "regret"
            draw = partial(_curves, curves=curves, styles=styles, x="evaluations", y="regret", log=True)
            files += _save(folder, name, draw)
    if over is not None:
        y = "mean normalised regret"
        regrets = partial(_curves, curves=over.regrets, styles=styles, x=over.along, y=y, log=True)
        x, y = "normalised score", "share of runs with a higher score"
        profiles = partial(_curves, curves=over.profiles, styles=styles, x=x, y=y, log=False)
        files += [*_save(folder, "regret", regrets), *_save(folder, "profiles", profiles)]
        files += _save(folder, "aggregates", partial(_aggregates, over=over, styles=styles), panels=len(AGGREGATES))
    return files


def _regrets(groups: Sequence[Group], rng: np.random.Generator) -> dict[str, Curve]:
    """Return the mean regret of each group that has one, against evaluations."""
    found = {}
    for group in groups:
        regrets = regrets_of(group)
        if regrets is not None:
            clocks = [np.arange(1.0, len(missed) + 1) for missed in regrets]
            found[group.label] = curve(clocks, regrets, rng, whole=True)
    return found


def slug(text: str) -> str:
    """Return a label as a part of a file's name.

    >>> slug("awnas/NASBench201-v0 (dataset=cifar10)")
    'NASBench201-v0_dataset_cifar10'
    """
    return re.sub(r"[^\w.-]+", "_", text.removeprefix("awnas/")).strip("_")


def _save(folder: Path, name: str, draw: Callable[[Any], None], *, panels: int = 1) -> list[Path]:
    try:
        from matplotlib import rc_context  # noqa: PLC0415 - optional
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError("matplotlib", "plot") from error
    files = [folder / f"{name}.{form}" for form in FORMATS]
    with rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH if panels == 1 else 1.4 * WIDTH, 0.6 * WIDTH if panels == 1 else 0.4 * WIDTH))
        axes = figure.subplots(1, panels, sharey=panels > 1)
        draw(axes)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for form, path in zip(FORMATS, files, strict=True):
                figure.savefig(path, dpi=DPI, bbox_inches="tight", metadata=UNDATED[form])
        except OSError as error:
            raise RunFolderError(f"cannot write {folder}: {error.strerror}") from error
    return files


def _curves(axes: Any, curves: Mapping[str, Curve], styles: Styles, x: str, y: str, *, log: bool) -> None:  # noqa: ANN401
    means = np.concatenate([each.mean for each in curves.values()])
    positive = means[means > 0]
    floor = float(positive.min()) / 2 if log and len(positive) else -np.inf  # a regret of 0 has no logarithm
    for agent, each in curves.items():
        style = styles[agent]
        axes.fill_between(each.x, np.maximum(each.low, floor), np.maximum(each.high, floor), step="post", alpha=0.2,
                          color=style.colour, linewidth=0)  # fmt: skip
        axes.step(each.x, np.maximum(each.mean, floor), where="post", color=style.colour, label=agent,
                  linestyle=DASHES[style.dash])  # fmt: skip
    if log and len(positive):
        axes.set_yscale("log")
        axes.set_ylim(bottom=floor)
    axes.set(xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, frameon=False)


def _aggregates(axes: Sequence[Any], over: Overview, styles: Styles) -> None:
    agents = list(over.aggregates)
    for panel, (name, title) in zip(axes, AGGREGATES.items(), strict=True):
        for place, agent in enumerate(reversed(agents)):
            value = getattr(over.aggregates[agent], name)
            panel.plot([value.low, value.high], [place, place], color=styles[agent].colour, linewidth=2)
            panel.plot([value.mean], [place], "o", color=styles[agent].colour, markersize=5)
        panel.set_yticks(range(len(agents)), list(reversed(agents)))
        panel.set_title(title.replace(" (", "\n("), fontsize=8)
        panel.grid(alpha=0.3, axis="x")
