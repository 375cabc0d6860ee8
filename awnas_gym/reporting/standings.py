"""Who stands where on an environment: a row an agent, and what paired tests settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from awnas_gym.reporting.conditions import unfair
from awnas_gym.reporting.groups import Group
from awnas_gym.reporting.paired import Comparison, compare, settled_best
from awnas_gym.reporting.summary import SummaryRow, summarise


@final
@dataclass(frozen=True, slots=True)
class Standing:
    """One environment at the end of its runs.

    Attributes:
        rows: a row a group, the best mean reward first.
        unfair: sentences on why they are no fair comparison.
        comparisons: of the best reward of each two groups, seed by seed; of finished runs, and none where they are no
            fair comparison.
        best: the agent that these settle to be better than each other one; None where there is none.
    """

    rows: Sequence[SummaryRow]
    unfair: Sequence[str]
    comparisons: Sequence[Comparison]
    best: str | None


def standings(played: Mapping[str, Sequence[Group]], rng: np.random.Generator) -> dict[str, Standing]:
    """Return the standing on each environment; `rng` is consumed."""
    found = {}
    for environment, groups in played.items():
        rows = summarise(groups, rng)
        rewards = {
            group.label: {run.seed: float(run.rewards.max()) for run in group.runs if run.finished} for group in groups
        }
        reasons = unfair(groups)
        comparisons = [] if reasons else compare(rewards, rng)
        best = settled_best([row.label for row in rows], comparisons)
        found[environment] = Standing(rows, reasons, comparisons, best)
    return found
