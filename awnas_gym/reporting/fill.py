"""Parts of the page as they are written down in `template/`, with their places filled in."""

from __future__ import annotations

from importlib.resources import files
from string import Template


def template(name: str) -> str:
    """Return a part of the page as it is written down."""
    return files("awnas_gym.reporting").joinpath("template", name).read_text(encoding="utf-8")


def fill(name: str, **parts: str) -> str:
    """Return a part of the page with its places filled in."""
    return Template(template(name)).substitute(parts)
