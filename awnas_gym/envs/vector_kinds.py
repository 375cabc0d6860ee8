"""The kinds of environments, many as one."""

from __future__ import annotations

import functools
from typing import Any, final

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from awnas_gym.envs.abstract import PENALTY, ArchitectureEnv
from awnas_gym.envs.build import BuildEnv
from awnas_gym.envs.edit import EditEnv
from awnas_gym.envs.joint import JointEnv
from awnas_gym.envs.vector import Group, Plan, VectorArchitectureEnv
from awnas_gym.envs.vector_evaluation import At
from awnas_gym.envs.vector_info import Infos, spread
from awnas_gym.errors import SettingError
from awnas_gym.spaces import Archs
from awnas_gym.spaces.edits import edit_masks, edit_offsets


def repair(masks: NDArray[Any], actions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
    """Return `actions`, int `[batch]`, with an illegal `a` as `legal[a % len(legal)]`, and which were legal.

    Args:
        masks: what is legal, `[batch, choices]`.
        actions: below the number of choices.

    Returns:
        The repaired actions, and bool `[batch]`, or None if all were legal.
    """
    legal = masks.ravel().take(np.arange(0, masks.size, masks.shape[1]) + actions).astype(np.bool_)
    if np.count_nonzero(legal) == len(legal):
        return actions, None
    repaired, bad = actions.copy(), np.flatnonzero(~legal)
    options = masks[bad]
    rank = actions[bad] % np.count_nonzero(options, axis=1)
    repaired[bad] = (np.cumsum(options, axis=1) > rank[:, None]).argmax(axis=1)
    return repaired, legal


@final
class VectorBuildEnv(VectorArchitectureEnv):
    """Many of the build kind: one decision of each a step."""

    @functools.cached_property
    def _open(self) -> NDArray[np.int8]:
        """What there is to choose at each step, int8 `[decisions + 1, n, max cardinality]`; nothing at the end."""
        open_ = np.arange(self._masks.shape[1]) < np.array([*self.space.cardinalities, 0])[:, None]
        return np.repeat(open_.astype(np.int8)[:, None], self.num_envs, axis=1)  # copied faster than broadcast

    def _legal(self, group: Group) -> NDArray[Any]:
        legal: NDArray[np.int8] = self._open[group.step, group.at]
        if self.space.unconstrained or group.step == self._horizon:
            return legal
        masks = self.space.masks(self._archs[group.at, : group.step])
        return np.pad(masks, ((0, 0), (0, legal.shape[1] - masks.shape[1])))

    def _read(self, group: Group, actions: NDArray[np.int64]) -> Plan:
        if self.space.unconstrained and self.space.cardinalities[group.step] == self._masks.shape[1]:
            return group.step, actions, None
        return group.step, *repair(self._masks[group.at], actions)


@final
class VectorJointEnv(VectorArchitectureEnv):
    """Many of the joint kind: all decisions of each in a step."""

    def _legal(self, group: Group) -> NDArray[Any]:
        return np.zeros_like(self._open) if group.step else self._open

    @functools.cached_property
    def _open(self) -> NDArray[np.bool_]:
        return np.concatenate([self.space.joint_mask(i) for i in range(len(self.space.cardinalities))])

    def _read(self, group: Group, actions: NDArray[np.int64]) -> Plan:
        if self.space.unconstrained:
            return slice(None), actions, None
        rows = actions.copy()
        for i in range(rows.shape[1]):
            rows[:, i], _ = repair(self.space.masks(rows[:, :i]), actions[:, i])
        legal = (rows == actions).all(axis=1)
        return slice(None), rows, None if legal.all() else legal


@final
class VectorEditEnv(VectorArchitectureEnv):
    """Many of the edit kind: one changed decision of each a step, each an evaluation."""

    def __init__(self, single: EditEnv, num_envs: int = 1, **keywords: Any) -> None:  # noqa: ANN401
        super().__init__(single, num_envs, **keywords)
        self._offsets = edit_offsets(self.space)
        self._values = np.zeros(num_envs)

    def _begin(self, at: At, arch: Archs | None) -> Infos:
        if arch is None:
            for lane in np.arange(self.num_envs)[at].tolist():
                self._archs[lane] = self.space.sample(self._evaluate.seeded(lane)[0], 1)[0]
        else:
            self._archs[at] = arch
        invalid = np.zeros(self.num_envs, dtype=np.bool_)
        about = self._value_at(at, invalid)
        return {**about, "invalid": invalid, "_invalid": about["_value"].copy()}

    def _value_at(self, at: At, invalid: NDArray[np.bool_]) -> Infos:
        """Evaluate the architectures as they are now; return what infos say."""
        values, about = self._evaluate(self._archs[at], at, invalid[at], penalty=None)
        self._values[at] = values
        return {**about, "value": spread(values.copy(), at, self.num_envs), "_value": about["_architecture"].copy()}

    def _earn(
        self, moved: NDArray[np.bool_], terminated: NDArray[np.bool_], invalid: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], Infos]:
        if not moved.any():
            return np.zeros(self.num_envs), {}
        before = self._values.copy()
        about = self._value_at(self._at(moved), invalid)
        rewards = self._values - before
        if self.single.invalid == "penalty":
            rewards[invalid] = PENALTY
        return rewards, about

    def _observe(self) -> NDArray[np.int64]:
        left = np.empty((self.num_envs, 1), dtype=np.int64)
        for group in self._groups:
            left[group.at] = self._horizon - group.step
        return np.concatenate([self._archs + 1, left], axis=1)

    def _legal(self, group: Group) -> NDArray[Any]:
        if group.step == self._horizon:
            return np.zeros(self._masks.shape[1], dtype=np.bool_)
        return edit_masks(self.space, self._archs[group.at])

    def _read(self, group: Group, actions: NDArray[np.int64]) -> Plan:
        edits, legal = repair(self._masks[group.at], actions)
        decisions = np.searchsorted(self._offsets, edits, side="right") - 1
        rows = self._archs[group.at].copy()
        rows[np.arange(len(rows)), decisions] = edits - self._offsets[decisions]
        return slice(None), rows, legal


VECTORISED: dict[type[ArchitectureEnv], type[VectorArchitectureEnv]] = {
    BuildEnv: VectorBuildEnv,
    JointEnv: VectorJointEnv,
    EditEnv: VectorEditEnv,
}
"""For the class of a single environment, that of many."""


def vectorise(
    single: ArchitectureEnv, num_envs: int = 1, *, autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP
) -> VectorArchitectureEnv:
    """Return `num_envs` copies of an environment as one; `SettingError` if nobody wrote this for its kind."""
    if type(single) not in VECTORISED:
        raise SettingError(
            f"{type(single).__name__} has no native form of many; Gymnasium's SyncVectorEnv works "
            "(vectorization_mode='sync'), for vector rewards MO-Gymnasium's MOSyncVectorEnv"
        )
    return VECTORISED[type(single)](single, num_envs, autoreset_mode=autoreset_mode)
