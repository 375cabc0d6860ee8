"""What several tests need: published data kept outside the repository, made-up tables and packages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from awnas_gym import benchmarks
from tests.fake_packages import install, write_analog, write_graphs
from tests.tiny_table import write_tiny_table

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: threads of networks this small wait for each other
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


@pytest.fixture(scope="session")
def written_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with made-up packages that ship benchmarks."""
    folder = tmp_path_factory.mktemp("packages")
    write_graphs(folder)
    write_analog(folder)
    return folder


@pytest.fixture
def packages(written_packages: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Have the made-up packages installed, and a home beside them; return the packages' folder."""
    monkeypatch.setenv("AWNAS_HOME", str(written_packages / "home"))
    install(written_packages, monkeypatch)
    benchmarks._read_once.cache_clear()
    yield written_packages
    benchmarks._read_once.cache_clear()
