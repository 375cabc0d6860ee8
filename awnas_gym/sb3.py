"""Native vector environments for Stable-Baselines3: `PPO("MlpPolicy", VectorEnvAdapter(gym.make_vec(...)))`.

Needs the extra [sb3].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from awnas_gym.envs import VectorArchitectureEnv
from awnas_gym.errors import MissingExtraError, SettingError

try:
    from stable_baselines3.common.vec_env import VecEnv
    from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "stable_baselines3", "sb3") from error

__all__ = ["VectorEnvAdapter"]


@final
class VectorEnvAdapter(VecEnv):
    """A native vector environment as Stable-Baselines3's `VecEnv`: what `DummyVecEnv` of single ones gives, faster.

    Action masks are those of the new episode right after an old one ended; `sb3_contrib.MaskablePPO` finds them.
    In the joint kind `info["action_mask"]` is one flat array. Statistics of episodes: `VecMonitor` around it.

    Args:
        env: of `gym.make_vec(..., autoreset_mode="SameStep")`, the default, wrapped or not.

    Raises:
        SettingError: another vector environment, or another mode.
    """

    def __init__(self, env: VectorEnv[Any, Any, NDArray[Any]]) -> None:
        if not isinstance(env.unwrapped, VectorArchitectureEnv):
            raise SettingError(f"VectorEnvAdapter takes native vector environments of awnas_gym; got {env.unwrapped}")
        if env.unwrapped.autoreset_mode is not AutoresetMode.SAME_STEP:
            raise SettingError(
                "Stable-Baselines3 starts a new episode in the step that ends the old one: "
                f"autoreset_mode='SameStep'; got {env.unwrapped.autoreset_mode.value!r}"
            )
        self.env, self._inner, self._actions = env, env.unwrapped, np.zeros(0)
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    # ---------------------------------------------------------------- episodes

    def reset(self) -> Any:  # noqa: ANN401 - an array or a dictionary of arrays
        """Start new episodes with the seeds and options given before."""
        options = self._options[0]
        if any(repr(each) != repr(options) for each in self._options):
            raise SettingError("a native vector environment takes the same options for all; got different ones")
        observations, infos = self.env.reset(seed=self._seeds, options=options)  # type: ignore[arg-type]
        self.reset_infos = split(infos, self.num_envs)
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Make the step; infos of ended episodes hold `terminal_observation`."""
        observations, rewards, terminated, truncated, infos = self.env.step(self._actions)
        last, ended = infos.pop("final_obs", None), infos.pop("final_info", None)
        each = split(infos, self.num_envs)
        dones = terminated | truncated
        if ended is not None:
            final = split(ended, self.num_envs)
            for i in np.flatnonzero(dones).tolist():
                self.reset_infos[i], each[i] = each[i], final[i]
                each[i]["terminal_observation"] = last[i] if isinstance(last[i], dict) else last[i].copy()
        for info, is_truncated in zip(each, (truncated & ~terminated).tolist(), strict=True):
            info["TimeLimit.truncated"] = is_truncated
        return observations, rewards.astype(np.float32), dones, each

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """Return an image of each sub-environment, where `render_mode="rgb_array"`."""
        return list(self._inner.call("render")) if self.render_mode == "rgb_array" else [None] * self.num_envs

    # ---------------------------------------------------------------- sub-environments

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return what an attribute of sub-environments is; a method's value is what it gives without arguments."""
        return self._of(self._inner.get_attr(attr_name), indices)

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:  # noqa: ANN401 - a user's
        """Keep a user's own attribute of sub-environments; what they share cannot be set."""
        values = list(self.get_attr(attr_name)) if self.has_attr(attr_name) else [None] * self.num_envs
        for i in self._get_indices(indices):
            values[i] = value
        self._inner.set_attr(attr_name, values)

    def env_method(
        self,
        method_name: str,
        *method_args: Any,  # noqa: ANN401 - the method's
        indices: VecEnvIndices = None,
        **method_kwargs: Any,  # noqa: ANN401 - the method's
    ) -> list[Any]:
        """Call a method of sub-environments."""
        return self._of(self._inner.call(method_name, *method_args, **method_kwargs), indices)

    def env_is_wrapped(
        self, wrapper_class: type[gym.Wrapper[Any, Any, Any, Any]], indices: VecEnvIndices = None
    ) -> list[bool]:
        """Return False for each: there are no single environments to wrap."""
        return [False for _ in self._get_indices(indices)]

    def _of(self, values: Sequence[Any], indices: VecEnvIndices) -> list[Any]:
        return [values[i] for i in self._get_indices(indices)]


def split(infos: dict[str, Any], n: int) -> list[dict[str, Any]]:
    """Return the info of each of `n` sub-environments, numbers as Python's."""
    each: list[dict[str, Any]] = [{} for _ in range(n)]
    for key, values in infos.items():
        if key.startswith("_"):
            continue
        if isinstance(values, dict):
            column: list[Any] = split(values, n)
        else:
            column = values.tolist() if values.ndim == 1 else list(values)
        for info, value, is_given in zip(each, column, infos[f"_{key}"].tolist(), strict=True):
            if is_given:
                info[key] = value
    return each
