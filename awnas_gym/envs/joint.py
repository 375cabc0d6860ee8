"""The joint kind: the whole architecture in one step."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from awnas_gym.envs.abstract import ArchitectureEnv
from awnas_gym.errors import AgentError
from awnas_gym.spaces import Archs


class JointEnv(ArchitectureEnv):
    """Action: every decision at once, `MultiDiscrete(cardinalities)`; the episode is one step."""

    def _actions(self) -> spaces.Space[Any]:
        return spaces.MultiDiscrete(list(self.space.cardinalities))

    @property
    def horizon(self) -> int:
        """Steps an episode takes: one."""
        return 1

    def _decided(self, steps: int) -> int:
        return steps * len(self._arch)

    def _mask(self) -> tuple[NDArray[np.int8], ...]:
        """Return, for each decision, what is legal after some legal prefix: necessary, not sufficient."""
        if self._steps:
            return tuple(np.zeros(n, dtype=np.int8) for n in self.space.cardinalities)
        return tuple(mask.copy() for mask in self._masks)

    @functools.cached_property
    def _masks(self) -> tuple[NDArray[np.int8], ...]:
        return tuple(self.space.joint_mask(i).astype(np.int8) for i in range(len(self.space.cardinalities)))

    def _read(self, action: Any) -> tuple[Archs, bool]:  # noqa: ANN401 - what an agent sends
        array = np.asarray(action)
        high = np.asarray(self.space.cardinalities)
        if array.shape != high.shape or array.dtype.kind not in "iu" or (array < 0).any() or (array >= high).any():
            raise AgentError(f"an action here is {len(high)} whole numbers below {high.tolist()}; got {action!r}")
        complete = self.space.complete(array)
        return complete, bool((complete == array).all())
