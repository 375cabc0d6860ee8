"""Where a user's own things are kept: `$AWNAS_HOME`, by default `~/.awnas`, and the folder of plugins."""

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


def plugin_folder() -> str:
    """Return the folder of plugin files: `$AWNAS_PLUGIN_DIR`, or `plugins` in `home()`; it need not exist."""
    given = os.environ.get("AWNAS_PLUGIN_DIR")
    return os.path.abspath(os.path.expanduser(given) if given else os.path.join(_home(), "plugins"))


def _home() -> str:
    folder = os.path.expanduser(os.environ.get("AWNAS_HOME") or "~/.awnas")
    if folder.startswith("~"):
        raise SettingError(f"nobody knows where {folder} is; set AWNAS_HOME to a folder")
    return folder
