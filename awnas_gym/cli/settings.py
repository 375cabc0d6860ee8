"""NAME=VALUE options."""

from __future__ import annotations

from typing import Any

import click


def read_settings(pairs: tuple[str, ...], option: str) -> dict[str, Any]:
    """Turn `("population_size=20", …)` into a dictionary; values are read as YAML."""
    from awnas_gym.config import parse_yaml
    from awnas_gym.errors import SettingError

    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint=option)
        try:
            settings[name] = parse_yaml(value)
        except SettingError as error:
            raise click.BadParameter(f"the value in {pair!r} is no YAML: {error}", param_hint=option) from error
    return settings
