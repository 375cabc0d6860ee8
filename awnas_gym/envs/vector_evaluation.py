"""How many sub-environments are evaluated at once: what each was asked for, and its own random state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

from awnas_gym.envs.abstract import ArchitectureEnv
from awnas_gym.envs.evaluation import Evaluation, Interceptor, Wanted
from awnas_gym.envs.vector_info import Infos, put, repeat, spread
from awnas_gym.envs.vector_known import COST_S, FIRST_METRIC, MISSING, REWARD, VIOLATION, Known
from awnas_gym.evaluators.abstract import Trial

At = slice | NDArray[np.int64]
"""Places of sub-environments: their numbers, or `slice(None)` for all of them."""

AddInfo = Callable[[Infos, dict[str, Any], int], Infos]
"""Adds to the infos of all the info of one; Gymnasium's."""


@final
class VectorEvaluation:
    """Evaluates architectures of sub-environments as each of them alone would.

    In one batch if all ask for the same; one after the other, in index order, under `trial="random"`, where each
    draws from its own generator, under an interceptor, and where they ask for different fidelities or trials.

    Args:
        single: what there are copies of.
        num_envs: how many.
        add_info: puts the info of one sub-environment among those of all.

    Attributes:
        asked: fidelity and trial of each sub-environment.
        known: names, judgements and last observations of architectures.
    """

    def __init__(self, single: ArchitectureEnv, num_envs: int, add_info: AddInfo) -> None:
        self.judge, self.num_envs, self.add_info = single.judge, num_envs, add_info
        self._one, self._is_intercepted = Evaluation(self.judge), False
        self.known = Known(self.judge)
        self._seeded: list[tuple[np.random.Generator, int] | None] = [None] * num_envs
        self.ask([(self.judge.fidelity, self.judge.trial)] * num_envs)

    def intercept(self, interceptor: Interceptor, wanted: Wanted) -> None:
        """Let `interceptor` answer for every evaluation from now on."""
        self._one.interceptor, self._one.wanted, self._is_intercepted = interceptor, wanted, True

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
        self, archs: NDArray[np.int64], at: At, was_invalid: NDArray[np.bool_], *, penalty: float | None
    ) -> tuple[NDArray[np.float64], Infos]:
        """Evaluate the architectures of the sub-environments `at`.

        Args:
            archs: int64 `[batch, decisions]`.
            at: their places, ascending.
            was_invalid: which of them came of an illegal action, bool `[batch]`.
            penalty: what these earn instead of their reward, if anything.

        Returns:
            The rewards, float64 `[batch]`, and what infos say.
        """
        if self._common is None or self._common[1] == "random" or self._is_intercepted:
            return self._one_by_one(archs, at, was_invalid, penalty)
        index = self.known.index(archs)
        metrics, values = self.known.judgements(archs, index, *self._common)
        infos = self._describe(self.known.names(archs, index), metrics, values, at)
        if penalty is not None:
            values[was_invalid, REWARD] = penalty
        return values[:, REWARD], infos

    def _one_by_one(
        self, archs: NDArray[np.int64], at: At, was_invalid: NDArray[np.bool_], penalty: float | None
    ) -> tuple[NDArray[np.float64], Infos]:
        if len(fidelities := {fidelity for fidelity, _ in self.asked}) == 1:
            self._one.prepare(archs.astype(self.judge.evaluator.space.dtype), *fidelities)
        rewards, infos = np.zeros(len(archs)), dict[str, Any]()
        trials = np.empty(self.num_envs, dtype=object)
        lanes = np.arange(self.num_envs)[at].tolist()
        for i, (lane, invalid) in enumerate(zip(lanes, was_invalid.tolist(), strict=True)):
            self._one.fidelity, self._one.trial = self.asked[lane]
            generator, earns = self.seeded(lane)[0], penalty if invalid else None
            rewards[i], about = self._one(archs[i], generator, was_invalid=invalid, penalty=earns)
            trials[lane] = about.pop("trial")  # some are names, some are numbers
            infos = self.add_info(infos, about, lane)
        if self._common is not None:
            trials = spread(repeat(self._common[1], len(lanes)), at, self.num_envs)
        return rewards, {**infos, "trial": trials, "_trial": infos["_split"].copy()}

    def _describe(
        self, names: NDArray[np.object_], metrics: tuple[str, ...], values: NDArray[np.float64], at: At
    ) -> Infos:
        """Return infos of architectures that were asked for the same fidelity and trial."""
        lanes, n = np.zeros(self.num_envs, dtype=np.bool_), len(values)
        lanes[at] = True
        fidelity, trial = self.asked[0]
        columns = {"architecture": names[:, 0], "arch_key": names[:, 1]}
        columns |= {"split": repeat(self.judge.split, n), "fidelity": repeat(fidelity, n), "trial": repeat(trial, n)}
        infos: Infos = {}
        for key, column in columns.items():
            infos[key], infos[f"_{key}"] = spread(column, at, self.num_envs), lanes.copy()
        recorded = np.isfinite(values)
        if np.count_nonzero(recorded) < recorded.size:
            np.copyto(values, 0.0, where=~recorded)
        values, recorded = spread(values, at, self.num_envs), spread(recorded, at, self.num_envs)
        each: Infos = {}
        for j, metric in enumerate(metrics, start=FIRST_METRIC):
            put(each, metric, values[:, j], recorded[:, j])
        infos |= {"metrics": each, "_metrics": lanes}
        put(infos, "cost_s", values[:, COST_S], recorded[:, COST_S])
        put(infos, "cost", values[:, VIOLATION], recorded[:, VIOLATION])
        missing = values[:, MISSING].astype(np.bool_)
        put(infos, "missing", missing, missing.copy())
        return infos
