"""Spaces that a command is given: by name, as a YAML file that describes one, or as an environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from awnas_gym.cli.settings import read_settings

if TYPE_CHECKING:
    from awnas_gym.spaces import AbstractSpace


def read_space(name: str, settings: tuple[str, ...]) -> AbstractSpace:
    """Return the space called `name`, the one that a YAML file describes, or that of an environment.

    Args:
        name: a row of `SPACES`, a path that ends in .yaml or .yml, or the id of an environment, with a `/`.
        settings: `("NAME=VALUE", …)` of `--setting`; of an environment its keywords.

    Raises:
        UnknownNameError: no such space, no such environment.
        SettingError: it does not take a setting, which no file does, or the file describes none.
    """
    from awnas_gym.config import check_settings
    from awnas_gym.errors import SettingError
    from awnas_gym.spaces import SPACES

    if name.endswith((".yaml", ".yml")):
        if settings:
            raise SettingError(f"{name} describes the whole space; --setting {settings[0]} is of spaces by name")
        described: AbstractSpace = SPACES.load("custom").from_yaml(Path(name))
        return described
    given = read_settings(settings, "--setting")
    if "/" in name:
        from awnas_gym.search import Run

        env = Run(environment={"id": name, **given}, agent={"name": "random"}).make_env()
        played: AbstractSpace = env.get_wrapper_attr("space")
        return played
    check_settings(SPACES.load(name), given, where=name)
    space: AbstractSpace = SPACES.load(name)(**given)
    return space
