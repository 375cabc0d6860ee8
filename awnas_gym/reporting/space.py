"""The search space of a run, built again from what its configuration says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awnas_gym.errors import RunFolderError
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.abstract import AbstractSpace


def space_of(config: Mapping[str, Any]) -> AbstractSpace:
    """Return the search space that a `config.yaml` names.

    Raises:
        RunFolderError: it names none.
        AwnasError: there is no such space, or it cannot have these settings.
        TypeError: it has no such settings.
    """
    given = config.get("space")
    if not isinstance(given, dict) or "name" not in given:
        raise RunFolderError("the configuration does not name the search space")
    space: AbstractSpace = SPACES.load(str(given["name"]))(**(given.get("settings") or {}))
    return space
