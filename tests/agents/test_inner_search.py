"""Searches on scores."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.agents.inner_search import SEARCHES, annealing, evolution
from awnas_gym.spaces.nasbench201 import NASBench201

SPACE = NASBench201()
BEST = np.array([3, 1, 3, 4, 2, 3])


def score(archs):
    return (np.asarray(archs) == BEST).sum(axis=1).astype(np.float64)


@pytest.mark.parametrize("name", sorted(SEARCHES))
def test_it_looks_at_as_many_as_it_may_and_knows_their_scores(name: str) -> None:
    asked = []

    def counted(archs):
        asked.append(len(archs))
        return score(archs)

    starts = list(SPACE.sample(np.random.default_rng(0), 6))
    rng = np.random.default_rng(1)
    looked, scores = SEARCHES[name](SPACE, counted, starts, steps=8, width=10, rng=rng)
    assert score(looked).tolist() == scores
    assert sum(asked) == len(looked) == 80 + (0 if name == "random" else 6)
    again, _ = SEARCHES[name](SPACE, score, starts, steps=8, width=10, rng=np.random.default_rng(1))
    assert np.array_equal(looked, again)


@pytest.mark.parametrize("search", [evolution, annealing])
def test_it_climbs(search) -> None:
    starts = list(SPACE.sample(np.random.default_rng(0), 6))
    for seed in range(5):
        _, scores = search(SPACE, score, starts, steps=100, width=10, rng=np.random.default_rng(seed))
        assert max(scores) == 6


def test_winners_of_tournaments_are_parents() -> None:
    starts = [np.zeros(6, dtype=np.int64), BEST]
    looked, _ = evolution(SPACE, score, starts, steps=1, width=1000, rng=np.random.default_rng(0))
    near_best = [(child != BEST).sum() == 1 for child in looked[2:]]
    assert np.mean(near_best) == pytest.approx(1 - 0.5**5, abs=0.02)


def test_annealing_accepts_worse_steps_at_first_alone() -> None:
    """With scores that all differ by less than the temperature, a walk moves on at nearly every step, later at none."""
    start = [np.array(BEST), np.array([0] * 6)]
    _, scores = annealing(SPACE, score, start, steps=200, width=1, rng=np.random.default_rng(0))
    assert min(scores[2:40]) < 5
    assert min(scores[-30:]) >= 5
