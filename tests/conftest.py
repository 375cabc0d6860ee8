"""What several tests need: published data kept outside the repository."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.tiny_table import write_tiny_table

settings.register_profile("awnas", deadline=None)  # a slow machine is no failure
settings.load_profile("awnas")

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("AWNAS_TEST_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def published() -> Callable[[str], Path]:
    """Return a file of published data, or skip with the place where it was looked for."""

    def find(name: str) -> Path:
        path = DATA / name
        if not path.is_file():
            pytest.skip(f"needs published data at {path}; set AWNAS_TEST_DATA to the folder that holds {name}")
        return path

    return find


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a table with made-up numbers, as `dataset` takes it."""
    return str(write_tiny_table(tmp_path_factory.mktemp("table") / "tiny.awnas"))
