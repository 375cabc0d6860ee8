"""How the command line is started in a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AWNAS = [sys.executable, "-c", "from awnas_gym.cli.main import main; main()"]


def environment() -> dict[str, str]:
    """Return its environment."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}
