"""Settings of agents that fit an environment, in the place of their defaults: `tuned: true` in a configuration."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from awnas_gym.config import read_yaml
from awnas_gym.errors import SettingError

FILE = "sb3_settings.yaml"


def tuned(agent: dict[str, Any], environment: dict[str, Any]) -> dict[str, Any]:
    """Return an agent with the settings that come with the package for an environment, where it says `tuned: true`.

    Settings that it gives itself win. What is run, and written into a run's folder, are plain settings.

    Args:
        agent: `name` and settings.
        environment: `id` and keywords.

    Raises:
        SettingError: no settings come with the package for that pair, or `tuned` is neither true nor false.
    """
    if "tuned" not in agent:
        return agent
    given = {name: value for name, value in agent.items() if name != "tuned"}
    if agent["tuned"] is False:
        return given
    shipped = _shipped()
    settings = shipped.get(environment.get("id"), {}).get(agent.get("name"))
    if agent["tuned"] is not True or settings is None:
        pairs = [f"{name} on {id_}" for id_, agents in shipped.items() for name in agents]
        raise SettingError(f"tuned is true for {', '.join(pairs)}, or false; got {agent} on {environment.get('id')}")
    return {**given, **{name: value for name, value in settings.items() if name not in given}}


def _shipped() -> dict[Any, Any]:
    """Return environment id -> agent -> settings."""
    path = Path(str(files("awnas_gym.agents") / FILE))
    return read_yaml(path, required={"awnas/NASBench201-v0": dict, "awnas/NASBench101-v0": dict})
