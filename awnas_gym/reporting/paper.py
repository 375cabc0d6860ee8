"""A report as files for a paper: figures and tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from awnas_gym.errors import RunFolderError
from awnas_gym.reporting.figure_files import write_figures
from awnas_gym.reporting.figures import styles_of
from awnas_gym.reporting.groups import by_environment, group_runs
from awnas_gym.reporting.overview import overview
from awnas_gym.reporting.read import find_runs
from awnas_gym.reporting.standings import standings
from awnas_gym.reporting.summary import best_first
from awnas_gym.reporting.table_files import write_tables


def write_paper(paths: Sequence[Path], folder: Path) -> list[Path]:
    """Write figures (PNG, SVG, PDF) and tables (CSV, LaTeX) about every run in and below `paths`; return the files.

    Raises:
        RunFolderError: a run cannot be read, none has an evaluation, or `folder` cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    for_overview, for_rows, for_curves = np.random.default_rng(0).spawn(3)
    groups = best_first(group_runs(find_runs(paths))[0])
    if not groups:
        raise RunFolderError(f"{', '.join(map(str, paths))}: no run has an evaluation yet; there is nothing to report")
    played = dict(sorted(by_environment(groups).items()))
    over, _ = overview(groups, for_overview) if len(played) > 1 else (None, [])
    styles = styles_of([*(over.aggregates if over else ()), *(group.label for group in groups)])
    found = standings(played, for_rows)
    figures = write_figures(folder, played, over, styles, for_curves)
    return [*figures, *write_tables(folder, found, over)]
