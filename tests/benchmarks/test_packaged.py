"""Tables of what other packages ship: found without an import, read once, kept until the package changes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.benchmarks import Column, packaged
from awnas_gym.benchmarks.packaged import Contents, numbers, packaged_table
from awnas_gym.errors import MissingDataError, RunFolderError, TableFileError

SPACE = {"name": "nasbench201", "settings": {}}


class Reader:
    """Makes a table of a file, and counts how often."""

    def __init__(self) -> None:
        self.files: list[Path] = []

    def __call__(self, path: Path) -> Contents:
        self.files.append(path)
        size = float(len(path.read_bytes()))
        return Contents(SPACE, {"title": "made"}, {"latency_ms": Column(np.full(3, size), ("arch",))})


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a package with one file; return that."""
    folder = tmp_path / "site" / "made_module"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (folder / "numbers.bin").write_bytes(b"12345")
    about = tmp_path / "site" / "made_up-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up\nVersion: 1.2\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    return folder / "numbers.bin"


def opened(read: Reader, **other: str) -> packaged.TableFile:
    given = {"package": "made-up", "module": "made_module", "file": "numbers.bin", **other}
    return packaged_table("made", **given, read=read)


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "home" / "cache").iterdir())


def test_it_is_read_once_and_kept(installed: Path, tmp_path: Path) -> None:
    read = Reader()
    first, second = opened(read), opened(read)
    assert read.files == [installed]
    assert first.checksum == second.checksum
    assert first.columns["latency_ms"].values.tolist() == [5, 5, 5]
    assert first.path.parent == tmp_path / "home" / "cache"
    assert first.card["source"] | {"sha256": ""} == {"package": "made-up 1.2", "file": "numbers.bin", "sha256": ""}
    assert "made_module" not in sys.modules


def test_another_file_is_another_table(installed: Path, tmp_path: Path) -> None:
    read = Reader()
    opened(read)
    state = installed.stat()
    installed.write_bytes(b"54321")
    os.utime(installed, ns=(state.st_atime_ns, state.st_mtime_ns))  # nothing but its bytes says so
    installed.write_bytes(b"123456")
    assert opened(read).columns["latency_ms"].values.tolist() == [6, 6, 6]
    assert len(kept(tmp_path)) == 2


def test_another_reading_is_another_table(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Reader()
    opened(read)
    monkeypatch.setattr(packaged, "READING", packaged.READING + 1)
    opened(read)
    assert read.files == [installed] * 2


def test_a_kept_table_that_is_damaged_is_made_again(installed: Path, tmp_path: Path) -> None:
    read = Reader()
    opened(read)
    (path,) = kept(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    opened(read)
    assert read.files == [installed] * 2
    assert path.read_bytes() == whole


def test_a_home_that_cannot_be_written(installed: Path, tmp_path: Path) -> None:
    assert installed.is_file()
    (tmp_path / "home").write_text("a file")
    with pytest.raises(RunFolderError, match=r"cannot write .*home"):
        opened(Reader())


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            {"module": "no_such_module"},
            "made is read from the package made-up, which is not installed: pip install made-up",
        ),
        ({"file": "absent.bin"}, r"made_module \(.*\) has no file absent.bin"),
        ({"module": "string"}, r"string \(.*\) has no file numbers.bin"),
    ],
)
def test_what_is_missing_is_named(other: dict[str, str], message: str) -> None:
    with pytest.raises(MissingDataError, match=message):
        opened(Reader(), **other)


def test_a_version_that_nobody_knows_is_left_out(installed: Path) -> None:
    assert installed.is_file()
    assert opened(Reader(), package="unheard-of").card["source"]["package"] == "unheard-of"


def test_numbers_of_entries() -> None:
    entries = {1: {"a": 0.5}, 2: {"a": np.float64(1)}, 3: {"a": 2}}
    assert numbers(Path("f"), entries, "a", most=2).tolist() == [0.5, 1, 2]


@pytest.mark.parametrize("entry", [{"a": -1}, {"a": 3}, {"a": float("nan")}, {"a": True}, {"a": "1"}, {}, [1], None])
def test_what_is_no_such_number_is_named(entry: object) -> None:
    with pytest.raises(TableFileError, match=r"f: a of 'key' is .*; a number from 0 to 2 is wanted"):
        numbers(Path("f"), {"key": entry}, "a", most=2)
