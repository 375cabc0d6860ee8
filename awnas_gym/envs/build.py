"""The build kind: one decision a step."""

from __future__ import annotations

import operator
from typing import Any, final

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from awnas_gym.envs.abstract import ArchitectureEnv
from awnas_gym.errors import AgentError
from awnas_gym.spaces import Archs


@final
class BuildEnv(ArchitectureEnv):
    """Action: the next decision, `Discrete(max cardinality)`. As many steps as decisions, the reward at the end."""

    def _actions(self) -> spaces.Space[Any]:
        return spaces.Discrete(max(self.space.cardinalities))

    @property
    def horizon(self) -> int:
        """Steps an episode takes: one a decision."""
        return len(self._arch)

    def _mask(self) -> NDArray[np.int8]:
        mask = np.zeros(max(self.space.cardinalities), dtype=np.int8)
        if self._decided < len(self._arch):
            legal = self.space.mask(self._arch[: self._decided])
            mask[: len(legal)] = legal
        return mask

    def _read(self, action: Any) -> tuple[Archs, bool]:  # noqa: ANN401 - what an agent sends
        choices = max(self.space.cardinalities)
        try:
            choice = operator.index(action)
        except TypeError:
            array = np.asarray(action)
            if array.shape not in {(), (1,)} or array.dtype.kind not in "iu":
                raise AgentError(f"an action here is one whole number in [0, {choices}); got {action!r}") from None
            choice = int(array.reshape(())[()])
        if not 0 <= choice < choices:
            raise AgentError(f"an action here is one whole number in [0, {choices}); got {action!r}")
        mask = self.space.mask(self._arch[: self._decided])
        is_legal = choice < len(mask) and bool(mask[choice])
        if not is_legal:
            legal = np.flatnonzero(mask)
            choice = int(legal[choice % len(legal)])
        return np.array([choice]), is_legal
