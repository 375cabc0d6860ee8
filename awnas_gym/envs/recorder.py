"""A wrapper that records every agent from every library alike."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym

from awnas_gym.envs.abstract import ArchitectureEnv
from awnas_gym.envs.history import History
from awnas_gym.envs.relaxed import RelaxedEnv
from awnas_gym.errors import SettingError


@final
class Recorder(gym.Wrapper[Any, Any, Any, Any]):
    """Record each evaluation of the environment in a history, under its budget.

    Args:
        env: an environment of this package, however wrapped.
        history: may be shared by several recorders.

    Raises:
        SettingError: the environment is of another package.
    """

    def __init__(self, env: gym.Env[Any, Any], history: History) -> None:
        super().__init__(env)
        if not isinstance(env.unwrapped, (ArchitectureEnv, RelaxedEnv)):
            raise SettingError(f"Recorder wraps environments of awnas_gym; got {env.unwrapped}")
        self.history = history
        env.unwrapped.intercept(history.answer, history.wanted)
