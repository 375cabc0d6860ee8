"""What is best when several objectives count: fronts, their ends, their volume. More is better in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import MissingExtraError, SettingError


def non_dominated(points: ArrayLike) -> NDArray[np.bool_]:
    """Return which of the points, `[n, objectives]`, are on the Pareto front, bool `[n]`.

    A point is not if another is at least as good in every objective and better in one. Equal points do not dominate
    each other. Exact; a few milliseconds for the 15,625 cells of NAS-Bench-201 and three objectives.

    Raises:
        SettingError: a point is not finite.
    """
    rows = _check(points)
    unique, inverse = np.unique(rows, axis=0, return_inverse=True)
    ranks = np.stack([np.unique(column, return_inverse=True)[1] for column in unique.T], axis=1)
    # A point's dominators have higher ranks in sum, so what is left first is dominated by none of those left.
    left = np.argsort(-ranks.sum(axis=1), kind="stable")
    ranks = ranks[left]
    on_front = np.zeros(len(unique), dtype=np.bool_)
    while len(left):
        on_front[left[0]] = True
        better_somewhere = (ranks > ranks[0]).any(axis=1)
        left, ranks = left[better_somewhere], ranks[better_somewhere]
    return on_front[inverse.reshape(-1)]


def hypervolume(points: ArrayLike, reference_point: ArrayLike) -> float:
    """Return the volume that the points, `[n, objectives]`, dominate above a reference point, `[objectives]`.

    Exact [Fonseca, Paquete & López-Ibáñez, CEC 2006]; computed by moocore.

    Raises:
        MissingExtraError: moocore is not installed.
        SettingError: a point is not finite, or the reference point does not fit.
    """
    rows, reference = _check(points), np.asarray(reference_point, dtype=np.float64)
    if reference.shape != rows.shape[1:] or not np.isfinite(reference).all():
        raise SettingError(f"a reference point for {rows.shape[1]} objectives is as many finite numbers")
    if not len(rows):
        return 0.0
    try:
        import moocore  # noqa: PLC0415 - of the extra [mo]
    except ImportError as error:
        raise MissingExtraError("moocore", "mo") from error
    return float(moocore.hypervolume(rows, ref=reference, maximise=True))


def summarise(names: Sequence[str], rewards: ArrayLike) -> dict[str, Any]:
    """Return what a table's card says of several objectives.

    Args:
        names: of the objectives.
        rewards: of every recorded architecture, `[n, objectives]`, minimised ones negated.

    Returns:
        `objectives`; `ideal` and `nadir`, the best and the worst value of each on the front; `reference_point`, the
        worst recorded value of each; `pareto_size`, how many architectures are on the front; and its `hypervolume`
        above the reference point, where moocore is installed. All in the units of rewards.
    """
    rows = _check(rewards)
    front = rows[non_dominated(rows)]
    reference = rows.min(axis=0)
    found = {
        "objectives": list(names),
        "ideal": front.max(axis=0).tolist(),
        "nadir": front.min(axis=0).tolist(),
        "reference_point": reference.tolist(),
        "pareto_size": len(front),
    }
    try:
        return {**found, "hypervolume": hypervolume(front, reference)}
    except MissingExtraError:
        return found


@final
class Front:
    """Architectures none of which dominates another, of all that were added; one of equal architectures.

    Attributes:
        archs: int `[size, decisions]`, in the order in which they came.
        rewards: float64 `[size, objectives]`, more is better.
    """

    def __init__(self, decisions: int, objectives: int) -> None:
        self.archs: NDArray[np.signedinteger[Any]] = np.zeros((0, decisions), dtype=np.int8)
        self.rewards: NDArray[np.float64] = np.zeros((0, objectives))

    def __len__(self) -> int:
        return len(self.archs)

    def add(self, archs: NDArray[np.signedinteger[Any]], rewards: NDArray[np.float64]) -> None:
        """Add architectures, int `[n, decisions]`, with their rewards, float64 `[n, objectives]`."""
        for arch, reward in zip(archs, rewards, strict=True):
            at_least = (self.rewards >= reward).all(axis=1)
            better = at_least & (self.rewards > reward).any(axis=1)
            if better.any() or (at_least & (self.archs == arch).all(axis=1)).any():
                continue
            left = ~((self.rewards <= reward).all(axis=1) & (self.rewards < reward).any(axis=1))
            self.archs = np.concatenate([self.archs[left].astype(arch.dtype), arch[None]])
            self.rewards = np.concatenate([self.rewards[left], reward[None]])

    def compromise(self) -> int:
        """Return the place of the member that falls short of the best by the least share, in its worst objective."""
        ideal, nadir = self.rewards.max(axis=0), self.rewards.min(axis=0)
        short = (ideal - self.rewards) / np.where(ideal > nadir, ideal - nadir, 1.0)
        return int(short.max(axis=1).argmin())


def scaled_hypervolume(points: ArrayLike, ideal: ArrayLike, nadir: ArrayLike) -> float:
    """Return the hypervolume of points, `[n, objectives]`, scaled so that the ideal is 0 and the nadir 1 to minimise.

    The reference point is 1.1 in each objective: a tenth beyond the nadir, so that the ends of a front count too.
    An objective whose ideal is its nadir counts as it is.

    Args:
        points: more is better in each objective.
        ideal: the best value of each objective on the front, `[objectives]`.
        nadir: the worst value of each objective on the front, `[objectives]`.

    Raises:
        MissingExtraError: moocore is not installed.
        SettingError: a point is not finite.
    """
    best, worst = np.asarray(ideal, dtype=np.float64), np.asarray(nadir, dtype=np.float64)
    spread = np.where(best > worst, best - worst, 1.0)
    rows = (_check(points) - best) / spread
    return hypervolume(rows, np.full(len(best), -1.1))


def _check(points: ArrayLike) -> NDArray[np.float64]:
    rows = np.asarray(points, dtype=np.float64)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise SettingError(f"points are finite numbers of shape [n, objectives]; got shape {list(rows.shape)}")
    return rows
