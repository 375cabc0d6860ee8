"""How an environment has its architectures evaluated: what was asked for, who answers, what an info says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.envs.judge import Judge, Judgement, Reward
from awnas_gym.spaces import Archs

Judged = Callable[[Archs], Judgement]
Interceptor = Callable[[Archs, dict[str, Any], Judged], Judgement]
"""Called for every evaluation with the row, what a history says of it, and the evaluation itself."""

Wanted = Callable[[int], slice]
"""From a number of evaluations that come next to which of them an interceptor will have made."""


@final
class Evaluation:
    """Evaluates one architecture at a time.

    Args:
        judge: evaluator and objective.

    Attributes:
        fidelity: asked for; at first the judge's.
        trial: likewise.
        context: name of the context in which architectures are judged, where an environment has several.
        interceptor: answers instead, if not None.
        wanted: which evaluations it will have made; all of them without one.
    """

    def __init__(self, judge: Judge) -> None:
        self.judge, self.space = judge, judge.evaluator.space
        self.fidelity, self.trial = judge.fidelity, judge.trial
        self.context: str | None = None
        self.interceptor: Interceptor | None = None
        self.wanted: Wanted = slice
        self._names: dict[bytes, tuple[str, str]] = {}  # agents come back to the same architectures

    def prepare(self, archs: Archs, fidelity: ArrayLike | None = None) -> None:
        """Say which architectures, int `[batch, decisions]`, come next, so that they may be measured at once.

        `fidelity` is one for all or int `[batch]`; None for the present one.
        """
        wanted = self.wanted(len(archs))
        levels = np.broadcast_to(self.fidelity if fidelity is None else fidelity, len(archs))[wanted]
        for level in np.unique(levels).tolist():
            self.judge.evaluator.prepare(archs[wanted][levels == level], fidelity=level)

    def __call__(
        self, arch: Archs, generator: np.random.Generator, *, was_invalid: bool, penalty: Reward | None
    ) -> tuple[Reward, dict[str, Any]]:
        """Return the reward of the row `arch`, or `penalty` if there is one, and what an info says of it.

        Only `trial="random"` draws from `generator`.
        """
        rng = np.random.default_rng(generator.integers(2**62)) if self.trial == "random" else generator
        row = arch.astype(self.space.dtype)
        if row.tobytes() not in self._names:
            self._names[row.tobytes()] = (self.space.genotype(row), self.space.key(row))
        architecture, arch_key = self._names[row.tobytes()]
        about: dict[str, Any] = {
            "architecture": architecture,
            "arch_key": arch_key,
            "split": self.judge.split,
            "fidelity": self.fidelity,
            "trial": self.trial,
            "invalid": was_invalid,
        }
        if self.context is not None:
            about["context"] = self.context

        def evaluate(arch: Archs) -> Judgement:
            judged = self.judge(arch[None], fidelity=self.fidelity, trial=self.trial, rng=rng)[0]
            return judged if penalty is None else replace(judged, reward=penalty)

        judged = evaluate(row) if self.interceptor is None else self.interceptor(row, about, evaluate)
        about["metrics"] = dict(judged.metrics)
        if judged.cost_s is not None:
            about["cost_s"] = judged.cost_s
        if judged.missing:
            about["missing"] = True
        if judged.violation is not None:
            about["cost"] = judged.violation  # the name that safe reinforcement learning gives it
        return judged.reward, about
