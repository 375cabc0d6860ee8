"""How many sub-environments are evaluated at once: what each was asked for, and its own random state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, final

import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

from awnas_gym.envs.abstract import PENALTY, ArchitectureEnv, Interceptor
from awnas_gym.envs.judge import Judgement, Judgements
from awnas_gym.envs.vector_info import Infos, Names, put, repeat, spread
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
        self.penalty = single.invalid == "penalty"
        self.interceptor: Interceptor | None = None
        self.ask([(single.judge.fidelity, single.judge.trial)] * num_envs)
        self._seeded: list[tuple[np.random.Generator, int] | None] = [None] * num_envs
        self._unused = np.random.default_rng(0)
        self._names = Names(self.space)

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

    def __call__(self, archs: Archs, at: At, was_invalid: NDArray[np.bool_]) -> tuple[NDArray[np.float64], Infos]:
        """Evaluate `archs`, int `[batch, decisions]`, of the sub-environments `at`.

        Returns:
            The rewards, float64 `[batch]`, and what the infos of these sub-environments say of it.
        """
        rows = archs.astype(self.space.dtype)
        names = self._names(rows)
        if self._common is None or self._common[1] == "random" or self.interceptor is not None:
            judged = self._one_by_one(rows, at, was_invalid, names)
        else:
            fidelity, trial = self._common
            judged = self.judge.batch(rows, fidelity=fidelity, trial=trial, rng=self._unused)
            if self.penalty and was_invalid.any():
                judged = replace(judged, rewards=np.where(was_invalid, PENALTY, judged.rewards))
        return judged.rewards, self._describe(judged, at, names)

    def _describe(self, judged: Judgements, at: At, names: tuple[NDArray[np.object_], NDArray[np.object_]]) -> Infos:
        lanes, n = np.zeros(self.num_envs, dtype=np.bool_), len(judged.rewards)
        lanes[at] = True
        if self._common is not None:
            fidelities, trials = (repeat(value, n) for value in self._common)
        else:
            asked = [self.asked[lane] for lane in np.arange(self.num_envs)[at].tolist()]
            fidelities = np.array([fidelity for fidelity, _ in asked])
            trials = np.array([trial for _, trial in asked], dtype=object)
        infos: Infos = {}
        columns = {"architecture": names[0], "arch_key": names[1], "split": repeat(self.judge.split, n)}
        for key, column in {**columns, "fidelity": fidelities, "trial": trials}.items():
            put(infos, key, spread(column, at, self.num_envs), lanes.copy())
        metrics: Infos = {}
        for key, column in judged.metrics.items():
            self._put_finite(metrics, key, column, at)
        put(infos, "metrics", metrics, lanes)
        if judged.cost_s is not None:
            self._put_finite(infos, "cost_s", judged.cost_s, at)
        if judged.missing.any():
            missing = spread(judged.missing, at, self.num_envs)
            put(infos, "missing", missing, missing.copy())
        return infos

    def _put_finite(self, infos: Infos, key: str, column: NDArray[np.float64], at: At) -> None:
        finite = np.isfinite(column)
        put(infos, key, spread(np.where(finite, column, 0.0), at, self.num_envs), spread(finite, at, self.num_envs))

    def _one_by_one(
        self,
        rows: Archs,
        at: At,
        was_invalid: NDArray[np.bool_],
        names: tuple[NDArray[np.object_], NDArray[np.object_]],
    ) -> Judgements:
        lanes = np.arange(self.num_envs)[at].tolist()
        judged = []
        for lane, row, invalid, architecture, arch_key in zip(
            lanes, rows, was_invalid.tolist(), *(column.tolist() for column in names), strict=True
        ):
            about = {"architecture": architecture, "arch_key": arch_key, "invalid": invalid}
            judged.append(self._one(lane, row, about))
        return Judgements.stack(judged)

    def _one(self, lane: int, row: Archs, about: dict[str, Any]) -> Judgement:
        """Judge one sub-environment's architecture with its own generator."""
        fidelity, trial = self.asked[lane]
        rng = self._unused
        if trial == "random":
            rng = np.random.default_rng(self.seeded(lane)[0].integers(2**62))

        def evaluate(arch: Archs) -> Judgement:
            judged = self.judge(arch[None], fidelity=fidelity, trial=trial, rng=rng)[0]
            return replace(judged, reward=PENALTY) if self.penalty and about["invalid"] else judged

        if self.interceptor is None:
            return evaluate(row)
        about = {**about, "split": self.judge.split, "fidelity": fidelity, "trial": trial}
        return self.interceptor(row, about, evaluate)
