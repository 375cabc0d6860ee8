"""The build kind: one decision a step."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from awnas_gym.envs.abstract import ArchitectureEnv
from awnas_gym.envs.actions import repair, whole_number
from awnas_gym.spaces import Archs


class BuildEnv(ArchitectureEnv):
    """Action: the next decision, `Discrete(max cardinality)`. As many steps as decisions, the reward at the end."""

    def _actions(self) -> spaces.Space[Any]:
        return spaces.Discrete(max(self.space.cardinalities))

    @property
    def horizon(self) -> int:
        """Steps an episode takes: one a decision."""
        return len(self._arch)

    def _decided(self, steps: int) -> int:
        return steps

    def _mask(self) -> NDArray[np.int8]:
        mask = np.zeros(max(self.space.cardinalities), dtype=np.int8)
        if self._steps < len(self._arch):
            legal = self.space.mask(self._arch[: self._steps])
            mask[: len(legal)] = legal
        return mask

    def _read(self, action: Any) -> tuple[Archs, bool]:  # noqa: ANN401 - what an agent sends
        choice = whole_number(action, max(self.space.cardinalities))
        arch = self._arch.copy()
        arch[self._steps], is_legal = repair(choice, self.space.mask(self._arch[: self._steps]))
        return arch, is_legal
