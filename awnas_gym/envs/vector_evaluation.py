"""How many sub-environments are evaluated at once: what each was asked for, and its own random state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, final

import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

from awnas_gym.envs.abstract import ArchitectureEnv, Interceptor
from awnas_gym.envs.judge import Judgement, Judgements
from awnas_gym.envs.vector_info import Infos, put, repeat, spread
from awnas_gym.envs.vector_known import COST_S, FIRST_METRIC, MISSING, REWARD, Known, columns_of
from awnas_gym.evaluators.abstract import Trial
from awnas_gym.spaces import Archs

At = slice | NDArray[np.int64]
"""Places of sub-environments: their numbers, or `slice(None)` for all of them."""


@final
class Evaluation:
    """Evaluates architectures of sub-environments as each of them alone would.

    In one batch if all ask for the same; one after the other, in index order, under `trial="random"`, where each
    draws from its own generator, under an interceptor, and where they ask for different fidelities or trials.

    Args:
        single: what there are copies of.
        num_envs: how many.

    Attributes:
        asked: fidelity and trial of each sub-environment.
        interceptor: see `ArchitectureEnv.intercept`.
    """

    def __init__(self, single: ArchitectureEnv, num_envs: int) -> None:
        self.judge, self.space, self.num_envs = single.judge, single.space, num_envs
        self.punishes = single.invalid == "penalty"
        self.interceptor: Interceptor | None = None
        self.ask([(single.judge.fidelity, single.judge.trial)] * num_envs)
        self._seeded: list[tuple[np.random.Generator, int] | None] = [None] * num_envs
        self._known = Known(self.judge)

    def ask(self, asked: list[tuple[int, Trial]]) -> None:
        """Change fidelity and trial of each sub-environment."""
        self.asked = asked
        self._common = asked[0] if len(set(asked)) == 1 else None

    def seed(self, lane: int, seed: int) -> None:
        """Give a sub-environment a new generator."""
        self._seeded[lane] = seeding.np_random(seed)

    def seeded(self, lane: int) -> tuple[np.random.Generator, int]:
        """Return the generator of a sub-environment and its seed, a random one if none was given."""
        found = self._seeded[lane]
        if found is None:
            found = self._seeded[lane] = seeding.np_random()
        return found

    def __call__(
        self, archs: NDArray[np.int64], at: At, was_invalid: NDArray[np.bool_], *, penalty: float | None = None
    ) -> tuple[NDArray[np.float64], Infos]:
        """Evaluate `archs`, int64 `[batch, decisions]`, of the sub-environments `at`.

        Returns:
            The objective's values, float64 `[batch]`, or `penalty` where one is punished, and what the infos of these
            sub-environments say.
        """
        names = self._known.names(archs)
        if self._common is None or self._common[1] == "random" or self.interceptor is not None:
            judged = self._one_by_one(archs.astype(self.space.dtype), at, was_invalid, names, penalty)
            metrics, values = columns_of(judged)
        else:
            metrics, values = self._known.judgements(archs, *self._common)
            if penalty is not None and self.punishes:
                values[was_invalid, REWARD] = penalty
        return values[:, REWARD], self._describe(names, metrics, values, at)

    def _describe(
        self, names: NDArray[np.object_], metrics: tuple[str, ...], values: NDArray[np.float64], at: At
    ) -> Infos:
        lanes, n = np.zeros(self.num_envs, dtype=np.bool_), len(values)
        lanes[at] = True
        if self._common is not None:
            fidelities, trials = (repeat(value, n) for value in self._common)
        else:
            asked = [self.asked[lane] for lane in np.arange(self.num_envs)[at].tolist()]
            fidelities = np.array([fidelity for fidelity, _ in asked])
            trials = np.array([trial for _, trial in asked], dtype=object)
        infos: Infos = {}
        columns = {"architecture": names[:, 0], "arch_key": names[:, 1], "split": repeat(self.judge.split, n)}
        for key, column in {**columns, "fidelity": fidelities, "trial": trials}.items():
            put(infos, key, spread(column, at, self.num_envs), lanes.copy())
        recorded = np.isfinite(values)
        if np.count_nonzero(recorded) < recorded.size:
            values = np.where(recorded, values, 0.0)
        values, recorded = spread(values, at, self.num_envs), spread(recorded, at, self.num_envs)
        each: Infos = {}
        for j, metric in enumerate(metrics, start=FIRST_METRIC):
            put(each, metric, values[:, j], recorded[:, j])
        put(infos, "metrics", each, lanes)
        put(infos, "cost_s", values[:, COST_S], recorded[:, COST_S])
        put(infos, "missing", values[:, MISSING].astype(np.bool_), values[:, MISSING].astype(np.bool_))
        return infos

    def _one_by_one(
        self,
        rows: Archs,
        at: At,
        was_invalid: NDArray[np.bool_],
        names: NDArray[np.object_],
        penalty: float | None,
    ) -> Judgements:
        judged = []
        lanes = np.arange(self.num_envs)[at].tolist()
        for lane, row, invalid, pair in zip(lanes, rows, was_invalid.tolist(), names.tolist(), strict=True):
            about = {"architecture": pair[0], "arch_key": pair[1], "invalid": invalid}
            judged.append(self._one(lane, row, about, penalty if invalid and self.punishes else None))
        return Judgements.stack(judged)

    def _one(self, lane: int, row: Archs, about: dict[str, Any], penalty: float | None) -> Judgement:
        """Judge one sub-environment's architecture with its own generator."""
        fidelity, trial = self.asked[lane]
        seed = self.seeded(lane)[0].integers(2**62) if trial == "random" else 0
        rng = np.random.default_rng(seed)

        def evaluate(arch: Archs) -> Judgement:
            judged = self.judge(arch[None], fidelity=fidelity, trial=trial, rng=rng)[0]
            return judged if penalty is None else replace(judged, reward=penalty)

        if self.interceptor is None:
            return evaluate(row)
        about = {**about, "split": self.judge.split, "fidelity": fidelity, "trial": trial}
        return self.interceptor(row, about, evaluate)
