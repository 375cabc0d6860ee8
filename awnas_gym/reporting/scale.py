"""What hypervolumes of vector rewards are measured by: one scale for all runs on an environment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError
from awnas_gym.metrics import is_metric, metric_info
from awnas_gym.pareto import Front, non_dominated, scaled_hypervolume

Measured = tuple[Mapping[str, Any], "NDArray[np.float64] | None", "Mapping[str, Any] | None"]
"""Of a run: its environment, with what identifies its numbers; rewards `[n, objectives]` if vectors; its summary."""


@final
@dataclass(frozen=True)
class Scale:
    """Ends and, where it is known, members of a front.

    Attributes:
        names: of the objectives; numbers where no run says them.
        ideal: the best of each, `[objectives]`.
        nadir: the worst of each on the front, `[objectives]`.
        exact: the environment's front, `[members, objectives]`; None if it is not known, then the ends are those of
            what the runs found together.
    """

    names: tuple[str, ...]
    ideal: NDArray[np.float64]
    nadir: NDArray[np.float64]
    exact: NDArray[np.float64] | None

    @cached_property
    def whole(self) -> float:
        """The hypervolume of the exact front; 1 if it is not known."""
        return 1.0 if self.exact is None else scaled_hypervolume(self.exact, self.ideal, self.nadir)

    def so_far(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the hypervolume after each of the rewards, `[n, objectives]`, as a share of the exact one: `[n]`."""
        front, found, last = Front(1, rewards.shape[1]), np.zeros(len(rewards)), 0.0
        for i, reward in enumerate(rewards):
            before = front.rewards
            front.add(np.array([[i]]), reward[None])
            if front.rewards is not before:
                last = scaled_hypervolume(front.rewards, self.ideal, self.nadir) / self.whole
            found[i] = last
        return found

    def shown(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return rewards in the units of their metrics, `[n, objectives]`: what was negated is turned back."""
        signs = [-1.0 if is_metric(name) and not metric_info(name).maximise else 1.0 for name in self.names]
        values: NDArray[np.float64] = rewards * np.array(signs)
        return values


def scales(runs: Iterable[Measured]) -> list[Scale | None]:
    """Return the scale of each run; None where rewards are numbers, or there is none yet.

    Args:
        runs: in any order.

    Raises:
        SettingError: runs on one environment whose rewards have different numbers of entries.
    """
    given = list(runs)
    keys = [json.dumps(environment, sort_keys=True, default=str) for environment, *_ in given]
    found: dict[str, Scale | None] = {}
    for key in dict.fromkeys(keys):
        same = [run for run, other in zip(given, keys, strict=True) if other == key]
        vectors = [rewards for _, rewards, _ in same if rewards is not None and len(rewards)]
        found[key] = _scale(vectors, [summary or {} for *_, summary in same]) if vectors else None
    return [found[key] if rewards is not None else None for key, (_, rewards, _) in zip(keys, given, strict=True)]


def _scale(vectors: Sequence[NDArray[np.float64]], summaries: Sequence[Mapping[str, Any]]) -> Scale:
    sizes = {rewards.shape[1] for rewards in vectors}
    if len(sizes) > 1:
        raise SettingError(f"runs on one environment have rewards of {sorted(sizes)} entries; report them apart")
    (size,) = sizes
    names = next((tuple(s["objectives"]) for s in summaries if s.get("objectives")), ())
    if len(names) != size:
        names = tuple(f"objective {i + 1}" for i in range(size))
    known = next((s["reference"] for s in summaries if (s.get("reference") or {}).get("front")), None)
    if known is not None:
        ends = np.array([known["ideal"], known["nadir"]], dtype=np.float64)
        return Scale(names, ends[0], ends[1], np.array(known["front"], dtype=np.float64))
    together = np.concatenate(vectors)
    front = together[non_dominated(together)]
    return Scale(names, front.max(axis=0), front.min(axis=0), None)
