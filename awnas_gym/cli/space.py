"""Spaces that a command is given: by name, or as a YAML file that describes one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from awnas_gym.cli.settings import read_settings

if TYPE_CHECKING:
    from awnas_gym.spaces import AbstractSpace


def read_space(name: str, settings: tuple[str, ...]) -> AbstractSpace:
    """Return the space called `name`, or the one that a YAML file describes.

    Args:
        name: a row of `SPACES`, or a path that ends in .yaml or .yml.
        settings: `("NAME=VALUE", …)` of `--setting`.

    Raises:
        UnknownNameError: no such space.
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
    check_settings(SPACES.load(name), given, where=name)
    space: AbstractSpace = SPACES.load(name)(**given)
    return space
