"""What searches by mixtures came to over time: operations of what they stood for, and how sharp their loss was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from awnas_gym.errors import AwnasError
from awnas_gym.reporting.groups import Group
from awnas_gym.reporting.read import Run
from awnas_gym.reporting.space import space_of

MOST_POINTS = 200
"""Of a curve: more than a screen shows."""

EIGENVALUE = "hessian_eigenvalue"

NOTE = (
    "Rewards of mixtures are minus a loss of many operations at once, on one batch: they say little of the "
    "architectures that they stand for. Train those to compare them."
)


def mixture_figures(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Return of each group of searches by mixtures the edges that had each operation over time, and eigenvalues.

    A group is `{"label", "x", "operations": {name: edges}, "eigenvalues": {"x", "mean"} or None}`; edges are those of
    the discretised architectures, means over the group's runs.
    """
    return [figure for group in groups if (figure := _figure(group)) is not None]


def is_mixed(run: Run) -> bool:
    """Tell whether a run's evaluations were of mixtures."""
    return any(evaluation.mixed for evaluation in run.evaluations)


def _figure(group: Group) -> dict[str, Any] | None:
    runs = [run for run in group.runs if is_mixed(run)]
    if not runs:
        return None
    try:
        space: Any = space_of(group.config)
        length = min(len(run.evaluations) for run in runs)
        points = np.unique(np.linspace(0, length - 1, MOST_POINTS).astype(int)).tolist()
        counts = np.mean([[_edges(space, run.evaluations[i].architecture) for i in points] for run in runs], axis=0)
    except (AwnasError, AttributeError, KeyError, TypeError):
        return None  # the page says why it is not drawn where it draws the architecture
    names = [name.replace("_", " ") for name in space.edge_operations]
    operations = {name: counts[:, i].round(4).tolist() for i, name in enumerate(names) if counts[:, i].any()}
    figure = {"label": group.label, "x": [i + 1 for i in points], "operations": operations}
    return {**figure, "eigenvalues": _eigenvalues(runs, length)}


def _edges(space: Any, genotype: str) -> list[float]:  # noqa: ANN401 - an AbstractSpace that is Relaxable
    edges: list[float] = space.relax(space.parse(genotype)).sum(axis=0).tolist()
    return edges


def _eigenvalues(runs: Sequence[Run], length: int) -> dict[str, list[Any]] | None:
    values = np.array([run.metric(EIGENVALUE)[:length] for run in runs])
    known = np.flatnonzero(np.isfinite(values).all(axis=0))
    if not len(known):
        return None
    means = values[:, known].mean(axis=0)
    return {"x": (known + 1).tolist(), "mean": [float(f"{value:.6g}") for value in means]}
