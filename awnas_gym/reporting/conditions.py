"""What makes runs on one environment no fair comparison, or a weak one: sentences for readers."""

from __future__ import annotations

from collections.abc import Sequence

from awnas_gym.reporting.groups import Group
from awnas_gym.reporting.mixtures import NOTE, is_mixed

UNLIKE = "These runs have different budgets: their curves and ranks are not a fair comparison."

SHALLOW = (
    "Runs that evaluated nothing at the highest fidelity of the others, so what is best in them is best at a lower one "
    "and no fair comparison"
)

LIMITED = (
    "Architectures that break the constraint of their objective count as nothing: in curves, in the table, as the best."
)

NOISY = (
    "Rewards are of single trainings drawn at random: the best of many is best partly by luck, and its regret is to "
    "the luckiest training that is recorded. Compare agents by test accuracy, which is a mean."
)


def unfair(groups: Sequence[Group]) -> list[str]:
    """Return sentences on what the groups of one environment do not share, though a comparison needs it."""
    highest = max((run.fidelity for group in groups for run in group.runs), default=0)
    low = [group.label for group in groups if any(run.fidelity < highest for run in group.runs)]
    unlike = any(_spent(group) != _spent(groups[0]) for group in groups)
    return [*([UNLIKE] if unlike else []), *([f"{SHALLOW}: {', '.join(low)}."] if low else [])]


def _spent(group: Group) -> tuple[object, object]:
    """Return a group's budget and, where it is time on the clock, how many workers had that time."""
    budget = group.config.get("budget") or {}
    return budget, group.config.get("simulated_workers", 1) if "simulated_s" in budget else None


def conditions(groups: Sequence[Group]) -> list[str]:
    """Return sentences on what the rewards of the groups of one environment are."""
    runs = [run for group in groups for run in group.runs]
    limited = any(evaluation.violation > 0 for run in runs for evaluation in run.evaluations)
    return [
        *([NOTE] if any(is_mixed(run) for run in runs) else []),
        *([LIMITED] if limited else []),
        *([NOISY] if any(run.config["environment"].get("trial") == "random" for run in runs) else []),
    ]
