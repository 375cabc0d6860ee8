"""Searches on the scores of a predictor: how an agent looks at many architectures before it asks for a few."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from awnas_gym.spaces import AbstractSpace, Archs

Score = Callable[[Archs], NDArray[np.float64]]
"""Scores, float64 `[n]`, of architectures, int `[n, decisions]`; higher is better."""

Looked = tuple[list[Archs], list[float]]
"""Architectures that a search looked at, int `[decisions]` each, and their scores."""

TOURNAMENT = 5
"""Contestants from whom a parent comes, as in aw_nas's configurations of searches with a predictor."""

POPULATION = 20
"""Best ones among whom contestants are drawn, likewise."""

COOLING = 0.95
"""Factor of the temperature after each step, as in aw_nas's configuration for NAS-Bench-101."""


def random(
    space: AbstractSpace, score: Score, starts: Sequence[Archs], *, steps: int, width: int, rng: np.random.Generator
) -> Looked:
    """Look at `steps` times `width` random architectures; the other searches take the same arguments.

    Args:
        space: of the architectures.
        score: see `Score`.
        starts: architectures to begin with, the best first; one or more.
        steps: scores are asked for so often.
        width: architectures a step.
        rng: is consumed.
    """
    del starts
    drawn = space.sample(rng, steps * width)
    return list(drawn), score(drawn).tolist()


def evolution(
    space: AbstractSpace, score: Score, starts: Sequence[Archs], *, steps: int, width: int, rng: np.random.Generator
) -> Looked:
    """Mutate winners of tournaments among the `POPULATION` best that were looked at; see `random`."""
    looked = list(starts)
    scores = score(np.stack(looked)).tolist()
    for _ in range(steps):
        best = np.argsort(scores, kind="stable")[::-1][:POPULATION]
        winners = rng.integers(len(best), size=(width, TOURNAMENT)).min(axis=1)  # the best stand first
        children = [space.mutate(looked[best[i]], rng) for i in winners.tolist()]
        looked += children
        scores += score(np.stack(children)).tolist()
    return looked, scores


def annealing(
    space: AbstractSpace, score: Score, starts: Sequence[Archs], *, steps: int, width: int, rng: np.random.Generator
) -> Looked:
    """Walk from `width` of the starts at once, worse steps ever more rarely; see `random`.

    The first temperature is the standard deviation of the scores of the starts, for scores have no unit.
    """
    looked = list(starts)
    scores = score(np.stack(looked)).tolist()
    temperature = float(np.std(scores)) or 1.0
    places = np.resize(np.argsort(scores, kind="stable")[::-1], width).tolist()
    for _ in range(steps):
        children = [space.mutate(looked[place], rng) for place in places]
        found = score(np.stack(children)).tolist()
        draws = rng.exponential(temperature, size=width).tolist()
        for i, (value, draw) in enumerate(zip(found, draws, strict=True)):
            if value > scores[places[i]] - draw:  # with odds exp((value - before) / temperature)
                places[i] = len(looked) + i
        looked += children
        scores += found
        temperature *= COOLING
    return looked, scores


SEARCHES = {"evolution": evolution, "annealing": annealing, "random": random}
"""By the names of the setting."""
