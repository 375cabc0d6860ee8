"""Neural architecture search as Gymnasium environments; importing this registers their ids."""

from __future__ import annotations

import gymnasium as gym

from awnas_gym.catalog import ENVIRONMENTS, SINGLE, TRAINED
from awnas_gym.plugins import load_plugins

__all__ = ["__version__"]

__version__ = "0.1.0"

load_plugins()

for _id, _row in ENVIRONMENTS.items():
    gym.register(
        _id,
        entry_point=_row.target,
        vector_entry_point=None if _id in SINGLE else f"awnas_gym.catalog.vector:{_id}",
        nondeterministic=_id in TRAINED,
        disable_env_checker="-MO-" in _id,  # it takes a vector reward for a mistake
    )
