"""NAME=VALUE options."""

from __future__ import annotations

from typing import Any

import click
import yaml


def read_settings(pairs: tuple[str, ...], option: str) -> dict[str, Any]:
    """Turn `("population_size=20", …)` into a dictionary; values are read as YAML."""
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint=option)
        try:
            settings[name] = yaml.safe_load(value)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            reason = " ".join(str(error).split())
            raise click.BadParameter(f"the value in {pair!r} is no YAML: {reason}", param_hint=option) from error
    return settings
