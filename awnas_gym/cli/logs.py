"""What the package logs, on stderr, from the level in `AWNAS_LOG_LEVEL` on."""

from __future__ import annotations

import logging
import os

from awnas_gym.errors import SettingError, unknown

LEVELS = ("debug", "info", "warning", "error")


def show_logs() -> None:
    """Show them; without the variable, warnings and errors."""
    level = os.environ.get("AWNAS_LOG_LEVEL") or "warning"
    if level not in LEVELS:
        raise SettingError(f"AWNAS_LOG_LEVEL: {unknown('level', level, LEVELS)}")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("awnas: %(levelname)s: %(name)s: %(message)s"))
    logger = logging.getLogger("awnas_gym")
    logger.addHandler(handler)
    logger.setLevel(level.upper())
