"""How well scores rank: the criteria of Surgery, by definition and on cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("scipy")

from hypothesis import given
from hypothesis import strategies as st

from awnas_gym.errors import SettingError
from awnas_gym.ranking import SHARES, ranking


def test_a_perfect_score() -> None:
    truth = np.random.default_rng(0).standard_normal(1000)
    found = ranking(truth, np.exp(truth))
    assert (found.n, found.kendall_tau, found.spearman) == (1000, pytest.approx(1), pytest.approx(1))
    assert list(found.top) == list(SHARES)
    for share, top in found.top.items():
        k = int(share * 1000)
        assert (top.k, top.precision, top.precision_at_bottom) == (k, 1, 1)
        assert (top.best_rank, top.worst_rank) == (1 / 1000, k / 1000)


def test_a_reversed_score() -> None:
    truth = np.random.default_rng(0).standard_normal(100)
    found = ranking(truth, -truth, shares=(0.1, 0.5, 1.0))
    assert [found.kendall_tau, found.spearman, found.pearson] == pytest.approx([-1, -1, -1])
    assert found.top[0.1].precision == found.top[0.5].precision == 0
    assert (found.top[0.1].best_rank, found.top[0.1].worst_rank) == (0.91, 1.0)
    assert found.top[1.0].precision == 1


def test_by_hand() -> None:
    truth = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    scores = [3, 6, 1, 5, 2, 4]  # best by score: those of true rank 1, 3, 5
    found = ranking(truth, scores, shares=(0.5, 0.1))
    assert list(found.top) == [0.5]  # a tenth of 6 is none
    top = found.top[0.5]
    assert (top.k, top.best_rank, top.worst_rank) == (3, 2 / 6, 6 / 6)
    assert top.precision == pytest.approx(1 / 3)
    assert top.precision_at_bottom == pytest.approx(1 / 3)  # by score 0, 4, 2 are last; in truth 3, 4, 5
    # pairs in order: (1, 3), (1, 5), (3, 5), (0, 2), (0, 4), (1, 2), (1, 4), (3, 4)
    assert found.kendall_tau == pytest.approx((8 - 7) / 15)
    assert top.kendall_tau == pytest.approx(1)


def test_of_equals_the_earlier_ranks_higher() -> None:
    top = ranking([1.0, 1.0, 0.0, 0.0], [5.0, 5.0, 5.0, 5.0], shares=(0.25,)).top[0.25]
    assert (top.precision, top.best_rank) == (1, 1 / 4)
    assert math.isnan(ranking([1.0, 0.0], [5.0, 5.0]).kendall_tau)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=30), st.integers(0, 2**32 - 1))
def test_tau_by_definition(values: list[int], seed: int) -> None:
    truth = np.array(values, dtype=float)
    scores = np.random.default_rng(seed).integers(0, 5, len(values)).astype(float)
    a = np.sign(truth[:, None] - truth)
    b = np.sign(scores[:, None] - scores)
    scale = math.sqrt((a**2).sum() * (b**2).sum())
    found = ranking(truth, scores).kendall_tau
    assert found == pytest.approx((a * b).sum() / scale) if scale else math.isnan(found)


@pytest.mark.parametrize(
    ("truth", "scores", "says"),
    [
        ([1, 2, 3], [1, 2], r"as long, from 2 on; got \[3\] and \[2\]"),
        ([1], [1], "from 2 on"),
        ([1, 2, math.nan], [1, 2, 3], "truth is nan at 2"),
        ([1, 2, 3], [1, math.inf, 3], "scores is inf at 1"),
    ],
)
def test_what_cannot_be_ranked(truth: list[float], scores: list[float], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        ranking(truth, scores)


def test_shares_are_shares() -> None:
    with pytest.raises(SettingError, match="shares are in"):
        ranking([1, 2], [1, 2], shares=(0.5, 5))
