"""Atomic writes."""

from pathlib import Path

import pytest

from awnas_gym.errors import RunFolderError
from awnas_gym.files import write_atomically


def test_writes_text_and_bytes_and_folders(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b.txt", "grün")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "grün".encode()
    write_atomically(tmp_path / "a" / "b.txt", b"\x00\x01")
    assert (tmp_path / "a" / "b.txt").read_bytes() == b"\x00\x01"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]
    assert (tmp_path / "a" / "b.txt").stat().st_mode & 0o777 == 0o644


def test_a_failure_leaves_nothing_and_keeps_the_old(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()  # a folder cannot be replaced by a file
    with pytest.raises(RunFolderError, match=r"cannot write .*target"):
        write_atomically(tmp_path / "target", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
