"""Agents over all environments of a sweep: what is comparable between them, and how sure it is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from awnas_gym.reporting.aggregates import (
    improvement,
    interquartile_mean,
    mean,
    optimality_gap,
    performance_profile,
    stratified_curve,
)
from awnas_gym.reporting.conditions import NOISY, conditions, unfair
from awnas_gym.reporting.groups import Group, by_environment
from awnas_gym.reporting.paired import Comparison, compare
from awnas_gym.reporting.read import Run
from awnas_gym.reporting.scores import normalised_regrets
from awnas_gym.reporting.statistics import POINTS, Curve, Floats, Interval, at

THRESHOLDS = 101
"""Of a performance profile."""

ALIKE = 1.1
"""Runs whose numbers of evaluations differ by a smaller factor are drawn against evaluations."""

Regrets = Mapping[int, tuple[Run, Floats]]
"""Of one agent on one environment: seed -> run and its normalised regret after each evaluation."""


@final
@dataclass(frozen=True, slots=True)
class Aggregates:
    """An agent's normalised scores over seeds and environments in three numbers."""

    interquartile_mean: Interval
    mean: Interval
    optimality_gap: Interval


@final
@dataclass(frozen=True, slots=True)
class Overview:
    """Agents that played all of the environments with the same seeds.

    Attributes:
        environments: that the numbers are about.
        seeds: of every agent on every environment.
        aggregates: agent -> three numbers; the highest interquartile mean first, as in all that follows.
        profiles: agent -> share of runs above each normalised score.
        regrets: agent -> mean normalised regret.
        along: what it is drawn along: evaluations, their share where the numbers differ, or the share of the seconds
            where budgets are in seconds.
        improvements: (agent, other) -> probability that the agent's score is higher.
        fair: whether the runs are a fair comparison on each environment.
        comparisons: tests by seed of the mean score over the environments; none where it is not fair.
    """

    environments: tuple[str, ...]
    seeds: tuple[int, ...]
    aggregates: Mapping[str, Aggregates]
    profiles: Mapping[str, Curve]
    regrets: Mapping[str, Curve]
    along: str
    improvements: Mapping[tuple[str, str], Interval]
    fair: bool
    comparisons: tuple[Comparison, ...]


def overview(groups: Sequence[Group], rng: np.random.Generator) -> tuple[Overview | None, list[str]]:
    """Return what can be said over all environments, and sentences on what had to be left out.

    Only finished runs count. None where no two agents share two environments and two seeds.
    """
    found, notes = _comparable(groups)
    if not found:
        return None, notes
    agents, environments = list(found), list(next(iter(found.values())))
    seeds = sorted(set.intersection(*(set(found[a][e]) for a in agents for e in environments)))
    spare = max(len(found[a][e]) for a in agents for e in environments) - len(seeds)
    if len(seeds) < 2:
        return None, [*notes, "No overview: agents and environments have fewer than two finished seeds in common."]
    reasons, noisy = _conditions(
        [group for group in groups if group.label in agents and group.environment in environments]
    )
    notes += [*reasons, *noisy]
    if spare:
        notes.append(f"The overview uses the {len(seeds)} seeds that all agents have finished on all environments.")
    curves = {a: [[found[a][e][seed] for e in environments] for seed in seeds] for a in agents}
    scores = {a: np.array([[1 - missed[-1] for _, missed in seed] for seed in curves[a]]) for a in agents}
    measured = {
        a: Aggregates(interquartile_mean(own, rng), mean(own, rng), optimality_gap(own, rng))
        for a, own in scores.items()
    }
    ranked = sorted(agents, key=lambda agent: -measured[agent].interquartile_mean.mean)
    thresholds = np.linspace(min(float(own.min()) for own in scores.values()), 1.0, THRESHOLDS)
    improvements = {}
    for one, other in itertools.combinations(ranked, 2):
        better = improvement(scores[one], scores[other], rng)
        improvements[one, other] = better
        improvements[other, one] = Interval(1 - better.mean, 1 - better.high, 1 - better.low)
    regrets, along = _regret_curves({agent: curves[agent] for agent in ranked}, rng)
    by_seed = {agent: dict(zip(seeds, scores[agent].mean(axis=1).tolist(), strict=True)) for agent in ranked}
    return Overview(
        environments=tuple(environments),
        seeds=tuple(seeds),
        aggregates={agent: measured[agent] for agent in ranked},
        profiles={agent: performance_profile(scores[agent], thresholds, rng) for agent in ranked},
        regrets=regrets,
        along=along,
        improvements=improvements,
        fair=not reasons,
        comparisons=() if reasons else tuple(compare(by_seed, rng)),
    ), notes


def _conditions(groups: Sequence[Group]) -> tuple[list[str], list[str]]:
    """Return why the groups are no fair comparison on some environment, and what is said of environments with noise."""
    played = by_environment(groups)
    reasons = dict.fromkeys(reason for same in played.values() for reason in unfair(same))
    noisy = [environment for environment, same in played.items() if NOISY in conditions(same)]
    return list(reasons), [f"{', '.join(noisy)}: {NOISY}"] if noisy else []


def _comparable(groups: Sequence[Group]) -> tuple[dict[str, dict[str, Regrets]], list[str]]:
    """Return agent -> environment -> regrets of finished runs, each agent with the same environments; and notes."""
    known: dict[str, dict[str, Regrets]] = {}
    unknown = []
    for environment, same in by_environment(groups).items():
        regrets = {group.label: _finished(group) for group in same}
        if any(found is None for found in regrets.values()):
            unknown.append(environment)
        else:
            known[environment] = {agent: found for agent, found in regrets.items() if found}
    notes = []
    if unknown:
        notes.append(
            f"Not in the overview: {', '.join(unknown)}. Its best or the mean of random architectures is not known, or "
            "some run found nothing that keeps the constraint."
        )
    agents, environments = _widest({environment: set(found) for environment, found in known.items()})
    for what, chosen, given in (
        ("agents", agents, dict.fromkeys(group.label for group in groups)),
        ("environments", environments, known),
    ):
        left_out = [name for name in given if name not in chosen]
        if agents and left_out:
            names = ", ".join(left_out)
            notes.append(f"Not in the overview, which needs all its agents on all its environments: {what} {names}.")
    if known and not agents:
        notes.append("No overview: no two agents have finished runs on the same two environments.")
    return {agent: {environment: known[environment][agent] for environment in environments} for agent in agents}, notes


def _widest(played: Mapping[str, set[str]]) -> tuple[list[str], list[str]]:
    """Return agents and environments, two or more each, of which all of the ones finished all of the others.

    Of what the agents of one environment, or those of all, allow: the most pairs, and of those the most environments.

    Args:
        played: environment -> agents that finished it.
    """
    best: tuple[list[str], list[str]] = [], []
    for agents in [set.intersection(*played.values()), *played.values()] if played else []:
        environments = [environment for environment, others in played.items() if agents <= others]
        size = (len(agents) * len(environments), len(environments))
        if min(len(agents), len(environments)) >= 2 and size > (len(best[0]) * len(best[1]), len(best[1])):
            best = sorted(agents), environments
    return best


def _finished(group: Group) -> Regrets | None:
    """Return the normalised regrets of finished runs by seed; None where one has no regret at its end."""
    finished = tuple(run for run in group.runs if run.finished)
    if not finished:
        return {}
    regrets = normalised_regrets(Group(group.label, finished, group.environment))
    if regrets is None or not all(np.isfinite(missed[-1]) for missed in regrets):
        return None
    return {run.seed: (run, missed) for run, missed in zip(finished, regrets, strict=True)}


def _regret_curves(
    curves: Mapping[str, Sequence[Sequence[tuple[Run, Floats]]]], rng: np.random.Generator
) -> tuple[dict[str, Curve], str]:
    """Return a curve an agent, of `[seeds][environments]` curves, and what they are drawn along."""
    runs = [run for seeds in curves.values() for row in seeds for run, _ in row]
    lengths = [len(run.evaluations) for run in runs]
    in_seconds = all(run.clock_s is not None and "evaluations" not in run.config.get("budget", {}) for run in runs)
    by_share = in_seconds or max(lengths) > ALIKE * min(lengths)

    def clock(run: Run) -> Floats:
        gone = run.clock_s if in_seconds and run.clock_s is not None else np.arange(1.0, len(run.evaluations) + 1)
        return gone / gone[-1] if by_share else gone

    clocks = [clock(run) for run in runs]
    grid = np.linspace(max(each[0] for each in clocks), min(each[-1] for each in clocks), POINTS)
    if not by_share:
        grid = np.unique(np.round(grid))
    found = {}
    for agent, seeds in curves.items():
        rows = [[at(clock(run), missed, grid) for run, missed in row] for row in seeds]
        found[agent] = stratified_curve(grid, rows, rng)
    return found, "share of the seconds" if in_seconds else "share of the evaluations" if by_share else "evaluations"
