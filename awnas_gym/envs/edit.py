"""The edit kind: from an architecture, one changed decision a step."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any, ClassVar, final

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from awnas_gym.checks import check_whole
from awnas_gym.envs.abstract import ArchitectureEnv
from awnas_gym.envs.actions import repair, whole_number
from awnas_gym.envs.judge import Judge, Reward
from awnas_gym.errors import SettingError
from awnas_gym.spaces import Archs
from awnas_gym.spaces.edits import edit_masks, edit_offsets


@final
class EditEnv(ArchitectureEnv):
    """Action: one decision and its new value, `Discrete(sum of cardinalities)`, as the decision's offset + value.

    An episode starts from `reset(options={"arch": row})` or from a random architecture, which is evaluated: one
    evaluation, described in the info of `reset`. Each of the `edits` steps that follow is another one and earns the
    change of the objective; `info["value"]` is the objective itself. An edit is legal if it changes the decision and
    leaves a legal architecture (`spaces.edits.edit_masks`). `invalid="penalty"`: that step pays -1; the next one is
    again the change of the objective. The observation ends with the edits left.

    Args:
        judge: evaluator and objective.
        edits: steps of an episode. By default as many as decisions: each can be changed once, so every
            architecture can be reached where decisions are independent, and 300 evaluations hold many episodes.
        keywords: see `ArchitectureEnv`.
    """

    options = MappingProxyType({**ArchitectureEnv.options, "arch": (list, tuple, np.ndarray)})
    state: ClassVar = {**ArchitectureEnv.state, "value": (float, int)}

    def __init__(self, judge: Judge, *, edits: int | None = None, **keywords: Any) -> None:  # noqa: ANN401
        decisions = len(judge.evaluator.space.cardinalities)
        self.edits = check_whole("edits", decisions if edits is None else edits, low=1)
        super().__init__(judge, **keywords)
        self._offsets = edit_offsets(self.space)
        self._value: Reward = 0.0
        self._steps = self.horizon  # nothing to edit before the first reset

    @property
    def horizon(self) -> int:
        """Steps an episode takes: its edits."""
        return self.edits

    def _actions(self) -> spaces.Space[Any]:
        return spaces.Discrete(sum(self.space.cardinalities))

    def _observations(self) -> spaces.MultiDiscrete:
        return spaces.MultiDiscrete([*(n + 1 for n in self.space.cardinalities), self.edits + 1])

    def _observe(self) -> NDArray[np.int64]:
        return np.append(self._arch + 1, self.horizon - self._steps)

    def _decided(self, steps: int) -> int:
        return len(self._arch)

    def _mask(self) -> NDArray[np.int8]:
        if self._steps == self.horizon:
            return np.zeros(sum(self.space.cardinalities), dtype=np.int8)
        mask: NDArray[np.int8] = edit_masks(self.space, self._arch[None])[0].astype(np.int8)
        return mask

    def _read_start(self, options: dict[str, Any]) -> Archs | None:
        arch = None if options.get("arch") is None else self.space.check(options["arch"])
        if arch is not None and len(arch) != 1:
            raise SettingError(f"reset options: arch is one architecture; got {len(arch)}")
        return None if arch is None else arch[0]

    def _begin(self, start: Archs | None) -> dict[str, Any]:
        self._arch[:] = self.space.sample(self.np_random, 1)[0] if start is None else start
        self._steps = self.horizon  # no step follows a start that could not be evaluated
        self._value, about = self._evaluate()
        self._steps = 0
        return {**about, "value": self._value}

    def _read(self, action: Any) -> tuple[Archs, bool]:  # noqa: ANN401 - what an agent sends
        choice = whole_number(action, sum(self.space.cardinalities))
        edit, is_legal = repair(choice, self._mask())
        decision = int(np.searchsorted(self._offsets, edit, side="right")) - 1
        arch = self._arch.copy()
        arch[decision] = edit - self._offsets[decision]
        return arch, is_legal

    def _earn(self) -> tuple[Reward, dict[str, Any]]:
        before, punishment = self._value, self._punishment
        self._value, about = self._evaluate()
        reward = self._value - before if punishment is None else punishment
        self._was_invalid = False  # each edit is judged by itself
        return reward, {**about, "value": self._value}

    def _more_state(self) -> dict[str, Any]:
        return {"value": self._value}

    def _set_more_state(self, state: dict[str, Any]) -> None:
        if not math.isfinite(state["value"]):
            raise SettingError(f"state: value is {state['value']!r}; it is a finite number")
        self._value = float(state["value"])
