"""Every id of the catalog as a native vector environment: `gym.make_vec("awnas/NASBench201-v0", num_envs=8)`.

Gymnasium imports an entry point `module:attribute`; the attributes of this module are the catalog's ids.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from gymnasium.vector import AutoresetMode

from awnas_gym.catalog import ENVIRONMENTS
from awnas_gym.envs import VectorArchitectureEnv, vectorise
from awnas_gym.errors import SettingError


def make(
    id_: str,
    *,
    num_envs: int = 1,
    autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    max_episode_steps: int | None = None,
    **keywords: Any,  # noqa: ANN401 - whatever the environment takes
) -> VectorArchitectureEnv:
    """Return `num_envs` environments of an id as one.

    Args:
        id_: a name in `ENVIRONMENTS`.
        num_envs: how many.
        autoreset_mode: `"SameStep"`, `"NextStep"` or `"Disabled"`.
        max_episode_steps: what Gymnasium hands over from a specification; episodes end by themselves.
        keywords: of the single environment.
    """
    single = ENVIRONMENTS.load(id_)(**keywords)
    if max_episode_steps is not None and max_episode_steps < single.horizon:
        raise SettingError(
            f"an episode takes {single.horizon} steps; max_episode_steps={max_episode_steps} would end it before its "
            "reward (vectorization_mode='sync' can do that)"
        )
    return vectorise(single, num_envs, autoreset_mode=autoreset_mode)


def __getattr__(name: str) -> Callable[..., VectorArchitectureEnv]:
    """Return `make` for the id `name`."""
    if name not in ENVIRONMENTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return functools.partial(make, name)
