"""Action masks in RLlib's dialect."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from awnas_gym.errors import SettingError


@final
class MaskToRLlib(gym.ObservationWrapper[Any, Any, Any], gym.utils.RecordConstructorArgs):
    """Observations as RLlib's action-masking examples want them.

    A dictionary of `observations`, as they come, and `action_mask`, float32 `[actions]`, 1 where legal. RLlib's
    networks read numbers: flatten first, `MaskToRLlib(FlattenObservation(env))`.

    Args:
        env: with `Discrete` actions and a method `action_masks`: the build or the edit kind, however wrapped.

    Raises:
        SettingError: it has other actions, no masks, or observations that already hold a mask.
    """

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        gym.utils.RecordConstructorArgs.__init__(self)
        super().__init__(env)
        if not isinstance(env.action_space, spaces.Discrete) or not env.has_wrapper_attr("action_masks"):
            raise SettingError(
                "RLlib masks Discrete actions of an environment with action_masks(): action_mode='build' or 'edit'; "
                f"these are {env.action_space}"
            )
        if isinstance(env.observation_space, spaces.Dict):
            raise SettingError("the observation is a dictionary already; make the environment without mask_in_obs")
        self.observation_space = spaces.Dict(
            {
                "action_mask": spaces.Box(0.0, 1.0, shape=(int(env.action_space.n),), dtype=np.float32),
                "observations": env.observation_space,
            }
        )

    def observation(self, observation: Any) -> dict[str, Any]:  # noqa: ANN401 - of the wrapped environment
        """Return the dictionary; all actions are illegal in the last observation of an episode."""
        mask = self.env.get_wrapper_attr("action_masks")().astype(np.float32)
        return {"action_mask": mask, "observations": observation}
