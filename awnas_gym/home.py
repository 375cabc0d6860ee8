"""Where a user's own things are kept: `$AWNAS_HOME`, by default `~/.awnas`, and the folders of data and of plugins."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from awnas_gym.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path


def home() -> Path:
    """Return the folder of everything that outlives a run: `$AWNAS_HOME`, or `~/.awnas`."""
    from pathlib import Path  # noqa: PLC0415 - `import awnas_gym` does not need it

    return Path(_home())


def data_folder() -> Path:
    """Return the folder of official files and data sets: `$AWNAS_DATA`, or `data` in `home()`; it need not exist."""
    from pathlib import Path  # noqa: PLC0415

    given = os.environ.get("AWNAS_DATA")
    return Path(_expanded("AWNAS_DATA", given)) if given else home() / "data"


def plugin_folder() -> str:
    """Return the folder of plugin files: `$AWNAS_PLUGIN_DIR`, or `plugins` in `home()`; it need not exist."""
    given = os.environ.get("AWNAS_PLUGIN_DIR")
    return os.path.abspath(os.path.expanduser(given) if given else os.path.join(_home(), "plugins"))


def _home() -> str:
    return _expanded("AWNAS_HOME", os.environ.get("AWNAS_HOME") or "~/.awnas")


def _expanded(variable: str, given: str) -> str:
    folder = os.path.expanduser(given)
    if folder.startswith("~"):
        raise SettingError(f"nobody knows where {folder} is; set {variable} to a folder")
    return folder
