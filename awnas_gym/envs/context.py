"""The context kind: each episode is another search problem, and the observation says which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal, final

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from awnas_gym.envs.abstract import ArchitectureEnv
from awnas_gym.envs.build import BuildEnv
from awnas_gym.envs.joint import JointEnv
from awnas_gym.envs.target import BOUND, Target
from awnas_gym.errors import SettingError, UnknownNameError

LOWEST, HIGHEST = 0.1, 0.9
"""Between these quantiles of all latencies a budget is drawn in training; outside, hardly any network keeps it, or
nearly all do."""

GRID = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Budgets of the test contexts."""

Contexts = Literal["train", "test"]
CONTEXTS = ("train", "test")


@final
@dataclass(frozen=True, slots=True)
class Context:
    """A search problem: a data set on a device, and at which quantile of all latencies the budget is."""

    target: Target
    level: float

    @property
    def name(self) -> str:
        """`<dataset>/<device>/<level>`."""
        return f"{self.target.name}/{self.level!r}"


class ContextEnv(ArchitectureEnv):
    """Draws a context at each `reset`; nothing else differs from the kind that it is mixed with.

    In training data set, device and budget are drawn uniformly, the budget between the quantiles .1 and .9 of all
    latencies. Test contexts are on other devices, at the budgets of a fixed grid, and drawn uniformly too. Observations
    are dictionaries: `observations`, as of the kind, and `context`, float32: the data set as one-hot, the device's
    descriptor and the budget (`Target.shown`). `reset(options={"context": name})` sets the context of one episode.

    Args:
        training: data sets on devices that training contexts are of.
        test: those of test contexts.
        contexts: which of them are drawn.
        context: the name of the only context, of either; None draws one each time.
        keywords: see `ArchitectureEnv`.

    Attributes:
        test_contexts: the names of all test contexts.
        varies: whether `reset` draws the context.

    Raises:
        UnknownNameError: neither training nor test, or no such context.
        SettingError: a target is of both, data sets are read at different fidelities, or a context has another form.
    """

    options = MappingProxyType({**ArchitectureEnv.options, "context": str})
    state: ClassVar = {**ArchitectureEnv.state, "context": str}

    def __init__(
        self,
        training: Sequence[Target],
        test: Sequence[Target],
        *,
        contexts: Contexts = "train",
        context: str | None = None,
        **keywords: Any,  # noqa: ANN401 - handed through
    ) -> None:
        if contexts not in CONTEXTS:
            raise UnknownNameError("contexts", contexts, CONTEXTS)
        both = sorted({each.name for each in training} & {each.name for each in test})
        if both:
            raise SettingError(f"test contexts are on devices that training has not seen; in both: {', '.join(both)}")
        read_at = {each.dataset: each.fidelity for each in (*training, *test)}
        if len(set(read_at.values())) > 1:
            raise SettingError(
                f"all data sets are read at one fidelity; got {read_at}; give the environment fidelity=…"
            )
        self._by = {"train": tuple(training), "test": tuple(test)}
        self._targets = {each.name: each for each in (*training, *test)}
        self.datasets = tuple(read_at)
        self._test = tuple(Context(target, level) for target in test for level in GRID)
        self.test_contexts = tuple(each.name for each in self._test)
        self.contexts, self._fixed = contexts, None if context is None else self._parse(context)
        self.varies = self._fixed is None
        first = self._fixed or (Context(training[0], 0.5) if contexts == "train" else self._test[0])
        super().__init__(first.target.judge_at(first.level), **keywords)
        self._enter(first)

    @property
    def context(self) -> str:
        """The name of the context of the current episode."""
        return self._context.name

    @property
    def best_reward(self) -> float:
        """The best reward that any architecture earns in the current context: what regret is measured from."""
        return float(self.judge.reference["best"])

    def targets(self, contexts: Contexts) -> tuple[Target, ...]:
        """Return the data sets on devices that training or test contexts are of."""
        return self._by[contexts]

    def _parse(self, name: str) -> Context:
        target, _, text = name.rpartition("/")
        if target not in self._targets:
            raise UnknownNameError("context", name, [f"{each}/0.5" for each in self._targets])
        try:
            level = float(text)
        except ValueError:
            level = np.nan
        if not 0 <= level <= 1:
            raise SettingError(f"context {name!r} ends with a quantile of all latencies, in [0, 1]; got {text!r}")
        return Context(self._targets[target], level)

    def _draw(self) -> Context:
        if self.contexts == "test":
            return self._test[int(self.np_random.integers(len(self._test)))]
        training = self._by["train"]
        target = training[int(self.np_random.integers(len(training)))]
        return Context(target, round(float(self.np_random.uniform(LOWEST, HIGHEST)), 3))  # its name says all of it

    def _enter(self, context: Context) -> None:
        """Judge in this context from now on."""
        self._context = context
        self.judge = self._evaluation.judge = context.target.judge_at(context.level)
        self.space, self._evaluation.context = self.judge.evaluator.space, context.name
        one_hot = [float(dataset == context.target.dataset) for dataset in self.datasets]
        self._shown = np.array([*one_hot, *context.target.shown(context.level)], dtype=np.float32)

    # ---------------------------------------------------------------- what the kind says otherwise

    def _spaces_beside(self) -> dict[str, spaces.Space[Any]]:
        shown = len(self._by["train"][0].descriptor) + 1
        low, high = ([flag] * len(self.datasets) + [bound] * shown for flag, bound in ((0.0, -BOUND), (1.0, BOUND)))
        return {"context": spaces.Box(np.array(low, np.float32), np.array(high, np.float32), dtype=np.float32)}

    def beside(self) -> dict[str, NDArray[np.float32]]:
        """Return what the observation says of the context."""
        return {"context": self._shown.copy()}

    def _read_start(self, options: dict[str, Any]) -> Context | None:
        if options.keys() - {"context"}:  # they last, and any data set may come
            fidelity = self.judge.evaluator.check_fidelity(options.get("fidelity", self._evaluation.fidelity))
            for each in self._targets.values():
                each.evaluator.check_fidelity(fidelity)
                each.evaluator.check_trial(options.get("trial", self._evaluation.trial))
        return self._parse(options["context"]) if "context" in options else None

    def _begin(self, start: Context | None) -> dict[str, Any]:
        self._enter(start or self._fixed or self._draw())
        return {**super()._begin(None), "context": self.context}

    def _more_state(self) -> dict[str, Any]:
        return {"context": self.context}

    def _set_more_state(self, state: dict[str, Any]) -> None:
        self._enter(self._parse(state["context"]))


@final
class ContextBuildEnv(ContextEnv, BuildEnv):
    """One decision a step, in another context each episode."""


@final
class ContextJointEnv(ContextEnv, JointEnv):
    """The whole architecture in a step, in another context each episode."""
