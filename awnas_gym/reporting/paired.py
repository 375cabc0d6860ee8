"""Tests of two agents that played with the same seeds, and Holm's correction for many of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.reporting.statistics import Floats

ALPHA = 0.05
"""Probability of one wrong claim or more in a family of comparisons."""

MOST_EXACT = 30
"""Seeds up to which all sign flips are counted; beyond, `FLIPS` are drawn."""

FLIPS = 100_000

TIE = 1e-12
"""Sums that differ by less than this share of the whole are equal: rounding must not decide."""


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """Two agents on the same seeds.

    Attributes:
        first: the agent with the higher mean.
        second: the other one.
        difference: of their means over the seeds that both have.
        seeds: how many those are.
        p_value: adjusted for all comparisons of the family.
    """

    first: str
    second: str
    difference: float
    seeds: int
    p_value: float

    @property
    def settled(self) -> bool:
        """Whether the first agent may be called better."""
        return self.p_value < ALPHA


def compare(scores: Mapping[str, Mapping[int, float]], rng: np.random.Generator) -> list[Comparison]:
    """Compare each agent with each other one; they are one family.

    Pairs with fewer than two common seeds, or with a score that is not finite, are left out.

    Args:
        scores: of each agent, one a seed.
        rng: consumed where signs are drawn.
    """
    found = []
    for one, other in itertools.combinations(scores, 2):
        common = sorted(scores[one].keys() & scores[other].keys())
        differences = np.array([scores[one][seed] - scores[other][seed] for seed in common])
        if len(common) < 2 or not np.isfinite(differences).all():
            continue
        mean = float(differences.mean())
        first, second = (one, other) if mean >= 0 else (other, one)
        found.append(Comparison(first, second, abs(mean), len(common), sign_flip(differences, rng)))
    adjusted = holm([each.p_value for each in found])
    return [replace(each, p_value=p_value) for each, p_value in zip(found, adjusted, strict=True)]


def unbeaten(agent: str, others: Iterable[str], comparisons: Iterable[Comparison]) -> list[str]:
    """Return those of other agents that an agent is not settled to be better than."""
    beaten = {each.second for each in comparisons if each.first == agent and each.settled}
    return [other for other in others if other not in beaten]


def settled_best(agents: Sequence[str], comparisons: Sequence[Comparison]) -> str | None:
    """Return the agent that is settled to be better than each other one, None where there is none."""
    for agent in agents:
        others = [other for other in agents if other != agent]
        if others and not unbeaten(agent, others, comparisons):
            return agent
    return None


def sign_flip(differences: ArrayLike, rng: np.random.Generator) -> float:
    """Return the two-sided p-value of paired differences: Fisher's randomisation test of their mean.

    If two agents are alike, each difference has either sign with the same odds; the p-value is the share of all
    assignments of signs whose mean is as far from 0 as the observed one [Fisher, The Design of Experiments, 1935,
    section 21]. It assumes no distribution. Up to `MOST_EXACT` differences that are not 0 it is exact; beyond, an
    estimate of `FLIPS` drawn assignments that counts the observed one too [Phipson & Smyth 2010].

    Args:
        differences: one a seed, `[seeds]`, finite.
        rng: consumed where signs are drawn.
    """
    given = np.abs(np.asarray(differences, dtype=np.float64))
    observed = abs(float(np.sum(differences)))
    moved = given[given > 0]
    reach = observed - TIE * float(moved.sum())
    if reach <= 0:
        return 1.0
    if len(moved) > MOST_EXACT:
        signs = rng.integers(0, 2, size=(FLIPS, len(moved)), dtype=np.int8) * 2 - 1
        return float((1 + np.count_nonzero(np.abs(signs @ moved) >= reach)) / (1 + FLIPS))
    first, second = _sums(moved[::2]), np.sort(_sums(moved[1::2]))  # every sum is one of the first plus one of these
    above = len(second) - np.searchsorted(second, reach - first, side="left")
    below = np.searchsorted(second, -reach - first, side="right")
    return float((above + below).sum() / (len(first) * len(second)))


def _sums(values: Floats) -> Floats:
    """Return the sums for all assignments of signs, `[2 ** len(values)]`."""
    sums = np.zeros(1)
    for value in values.tolist():
        sums = np.concatenate([sums - value, sums + value])
    return sums


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that hold for all comparisons together, in the same order [Holm 1979].

    A comparison is claimed where its adjusted value is below `ALPHA`.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    factors = np.arange(len(given), 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(np.maximum.accumulate(given[order] * factors), 1.0)
    values: list[float] = adjusted.tolist()
    return values
