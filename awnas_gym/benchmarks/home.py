"""Where a user's own tables are kept: `$AWNAS_HOME/tables`, by default `~/.awnas/tables`."""

from __future__ import annotations

import re
from pathlib import Path

from awnas_gym.errors import SettingError
from awnas_gym.home import home

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def own_table_path(name: str) -> Path:
    """Return where the user's table of that name is, or would be; `SettingError` for what cannot be a name."""
    if not _NAME.fullmatch(name):
        raise SettingError(f"{name!r} names no table; letters, digits, - and _ are legal, 64 at most")
    return home() / "tables" / f"{name}.awnas"


def own_tables() -> dict[str, Path]:
    """Return the user's tables, by name."""
    return {path.stem: path for path in sorted((home() / "tables").glob("*.awnas"))}
