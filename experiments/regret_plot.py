"""Regret against evaluations, a panel a table: the pictures of the pages on agents."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

LOWEST = 0.01
"""Points of regret at the bottom of a panel: the best runs have none, and a logarithm has no 0."""


def plot_regrets(result: dict[str, Any], path: Path, *, every: int, agents: Collection[str] | None = None) -> None:
    """Draw the mean regret of the test accuracy.

    Args:
        result: `benchmarks` -> `agents` -> `regret_curve`, shares.
        path: of the PNG.
        every: evaluations from one point of a curve to the next.
        agents: to draw, in this order; all of them by default.
    """
    from matplotlib import pyplot, ticker  # noqa: PLC0415 - an extra

    figure, panels = pyplot.subplots(1, len(result["benchmarks"]), figsize=(11.5, 3.4), squeeze=False)
    for panel, (name, found) in zip(panels[0], result["benchmarks"].items(), strict=True):
        for agent in agents or found["agents"]:
            regret = 100 * np.array(found["agents"][agent]["regret_curve"])
            panel.plot(every * np.arange(1, len(regret) + 1), regret, label=agent)
        panel.set_title(name, fontsize="medium")
        panel.set(xlabel="evaluations", yscale="log")
        panel.set_ylim(bottom=max(LOWEST, panel.get_ylim()[0]))
        panel.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
        panel.yaxis.set_minor_formatter(ticker.NullFormatter())
        panel.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    panels[0, 0].set_ylabel("mean test regret, points")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    rows = -(-len(labels) // 6)
    figure.legend(handles, labels, loc="lower center", ncols=-(-len(labels) // rows), frameon=False)
    figure.tight_layout(rect=(0, 0.02 + 0.06 * rows, 1, 1))
    figure.savefig(path, dpi=70, pil_kwargs={"optimize": True})
