"""How well scores rank architectures: of shared weights, proxies and predictors, against the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import MissingExtraError, SettingError

SHARES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2)
"""Of the architectures, that are looked at as the best by score [Ning et al., NeurIPS 2021]."""


@final
@dataclass(frozen=True, slots=True)
class Top:
    """The K best of M architectures by score.

    Attributes:
        k: how many; the share of M, rounded down.
        precision: share of them that are among the K best in truth: P@topK.
        precision_at_bottom: the same of the K worst: P@bottomK.
        best_rank: rank in truth of the best of them, in (0, 1], 1 / M being the best of all: BR@K.
        worst_rank: of the worst of them, K / M at best: WR@K.
        kendall_tau: among them; `nan` for fewer than two, or where all are equal.
    """

    k: int
    precision: float
    precision_at_bottom: float
    best_rank: float
    worst_rank: float
    kendall_tau: float


@final
@dataclass(frozen=True, slots=True)
class Ranking:
    """How well scores agree with the truth.

    Attributes:
        n: architectures.
        kendall_tau: tau-b, which allows for ties, in [-1, 1]; `nan` where all scores are equal.
        spearman: correlation of ranks.
        pearson: linear correlation.
        top: share -> what is among the best by score.
    """

    n: int
    kendall_tau: float
    spearman: float
    pearson: float
    top: dict[float, Top]


def ranking(truth: ArrayLike, scores: ArrayLike, *, shares: tuple[float, ...] = SHARES) -> Ranking:
    """Compare scores with the truth by the criteria of Ning et al., "Evaluating Efficient Performance Estimators of
    Neural Architectures", NeurIPS 2021, section 3.2.

    Among equals the earlier one ranks higher, in both.

    Args:
        truth: float `[n]`, larger is better.
        scores: float `[n]`, larger is better.
        shares: for which `top` is worked out; those under which not one architecture falls are left out.

    Raises:
        SettingError: lengths differ, fewer than two architectures, a number that is not finite, or a share out of
            (0, 1].
        MissingExtraError: scipy is not installed.
    """  # noqa: D205 - the title of the paper
    true, found = np.asarray(truth, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if true.ndim != 1 or true.shape != found.shape or len(true) < 2:
        raise SettingError(f"truth and scores are as long, from 2 on; got {list(true.shape)} and {list(found.shape)}")
    for name, values in (("truth", true), ("scores", found)):
        if wrong := np.flatnonzero(~np.isfinite(values)).tolist():
            raise SettingError(f"{name} is {values[wrong[0]]} at {wrong[0]}; leave out what has no value")
    if any(not 0 < share <= 1 for share in shares):
        raise SettingError(f"shares are in (0, 1]; got {shares}")
    try:
        from scipy import stats  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("scipy", "ranking") from error
    n = len(true)
    flat = np.ptp(true) == 0 or np.ptp(found) == 0
    return Ranking(
        n=n,
        kendall_tau=_kendall_tau(true, found),
        spearman=float("nan") if flat else float(stats.spearmanr(true, found).statistic),
        pearson=float("nan") if flat else float(np.corrcoef(true, found)[0, 1]),
        top={share: _top(true, found, int(share * n)) for share in shares if int(share * n) >= 1},
    )


def _top(truth: NDArray[np.float64], scores: NDArray[np.float64], k: int) -> Top:
    n = len(truth)
    best_first = np.argsort(-scores, kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[np.argsort(-truth, kind="stable")] = np.arange(n)
    chosen, last = best_first[:k], best_first[n - k :]
    return Top(
        k=k,
        precision=float((rank[chosen] < k).mean()),
        precision_at_bottom=float((rank[last] >= n - k).mean()),
        best_rank=float(rank[chosen].min() + 1) / n,
        worst_rank=float(rank[chosen].max() + 1) / n,
        kendall_tau=_kendall_tau(truth[chosen], scores[chosen]),
    )


def _kendall_tau(truth: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    from scipy import stats  # noqa: PLC0415

    if len(truth) < 2 or np.ptp(truth) == 0 or np.ptp(scores) == 0:
        return float("nan")
    return float(stats.kendalltau(truth, scores).statistic)
