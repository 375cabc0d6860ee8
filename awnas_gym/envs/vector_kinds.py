"""The kinds of environments, many as one."""

from __future__ import annotations

import functools
from typing import Any, final

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from awnas_gym.envs.abstract import ArchitectureEnv
from awnas_gym.envs.build import BuildEnv
from awnas_gym.envs.joint import JointEnv
from awnas_gym.envs.vector import Group, Plan, VectorArchitectureEnv
from awnas_gym.errors import SettingError


def repair(masks: NDArray[Any], actions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return `actions`, int `[batch]`, with an illegal `a` as `legal[a % len(legal)]`, and which were legal.

    Args:
        masks: what is legal, `[batch, choices]`.
        actions: below the number of choices.
    """
    legal = masks[np.arange(len(actions)), actions].astype(np.bool_)
    if legal.all():
        return actions, legal
    repaired, bad = actions.copy(), np.flatnonzero(~legal)
    options = masks[bad]
    rank = actions[bad] % options.sum(axis=1)
    repaired[bad] = (np.cumsum(options, axis=1) > rank[:, None]).argmax(axis=1)
    return repaired, legal


@final
class VectorBuildEnv(VectorArchitectureEnv):
    """Many of the build kind: one decision of each a step."""

    def _legal(self, group: Group) -> NDArray[Any]:
        width = self._masks.shape[1]
        if group.step == len(self.space.cardinalities):
            return np.zeros(width, dtype=np.int8)
        cardinality = self.space.cardinalities[group.step]
        if self.space.unconstrained:
            return np.arange(width) < cardinality
        legal = self.space.masks(self._archs[group.at, : group.step])
        return np.pad(legal, ((0, 0), (0, width - cardinality)))

    def _read(self, group: Group, actions: NDArray[np.int64]) -> Plan:
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
        rows, legal = actions.copy(), np.ones(len(actions), dtype=np.bool_)
        if not self.space.unconstrained:
            for i in range(rows.shape[1]):
                rows[:, i], fine = repair(self.space.masks(rows[:, :i]), actions[:, i])
                legal &= fine
        return slice(None), rows, legal


VECTORISED: dict[type[ArchitectureEnv], type[VectorArchitectureEnv]] = {
    BuildEnv: VectorBuildEnv,
    JointEnv: VectorJointEnv,
}
"""For the class of a single environment, that of many."""


def vectorise(
    single: ArchitectureEnv, num_envs: int = 1, *, autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP
) -> VectorArchitectureEnv:
    """Return `num_envs` copies of an environment as one; `SettingError` if nobody wrote this for its kind."""
    if type(single) not in VECTORISED:
        raise SettingError(f"{type(single).__name__} has no native form of many; vectorization_mode='sync' works")
    return VECTORISED[type(single)](single, num_envs, autoreset_mode=autoreset_mode)
