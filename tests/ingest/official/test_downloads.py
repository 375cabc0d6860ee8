"""The rows of what can be had, and what is said of a file's source."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from awnas_gym.errors import MissingDataError, TableFileError, UnknownNameError
from awnas_gym.ingest import IMPORTERS
from awnas_gym.ingest.official import downloads, source
from awnas_gym.ingest.official.downloads import DOWNLOADS, Download, find_download
from awnas_gym.ingest.official.imported import no_bar
from awnas_gym.ingest.official.source import describe_source


@pytest.mark.parametrize("name", DOWNLOADS)
def test_row(name: str) -> None:
    row = DOWNLOADS[name]
    assert row.importer in IMPORTERS
    assert name.startswith(row.importer)
    assert "https://" in row.page
    assert row.sha256 is None or re.fullmatch("[0-9a-f]{64}", row.sha256)
    if row.url is not None:
        assert row.url.startswith("https://")
        assert row.url.endswith(f"/{row.file}")
        assert row.imported == row.file  # what is fetched needs no unpacking


def test_no_two_rows_are_the_same_file() -> None:
    assert len({row.file for row in DOWNLOADS.values()}) == len(DOWNLOADS)


def test_every_importer_of_the_package_has_its_file() -> None:
    own = {name for name, row in IMPORTERS.items() if row.plugin is None}
    assert own == {row.importer for row in DOWNLOADS.values()}


def test_an_unknown_name_gets_a_guess() -> None:
    with pytest.raises(UnknownNameError, match=r"No download named 'nasbench-101'\. Did you mean 'nasbench101'"):
        find_download("nasbench-101")


# ------------------------------------------------------------------ sources


@pytest.fixture
def official(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Download(importer="x", file="a.bin", page="p", sha256=hashlib.sha256(b"abc").hexdigest())
    for module in (downloads, source):
        monkeypatch.setattr(module, "DOWNLOADS", {"a": row, "b": Download(importer="x", file="b.bin", page="p")})


@pytest.mark.usefixtures("official")
def test_an_official_file_is_verified_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("a.bin", "mine.bin"):
        (tmp_path / name).write_bytes(b"abc")
        found = describe_source(tmp_path / name, no_bar)
        assert found == {"file": name, "sha256": hashlib.sha256(b"abc").hexdigest(), "verified": True}


@pytest.mark.usefixtures("official")
def test_another_file_is_not_verified_and_refused_under_an_official_name(tmp_path: Path) -> None:
    for name in ("b.bin", "mine.bin"):
        (tmp_path / name).write_bytes(b"other")
        assert describe_source(tmp_path / name, no_bar)["verified"] is False
    (tmp_path / "a.bin").write_bytes(b"other")
    both = f"{hashlib.sha256(b'other').hexdigest()}, the official a.bin {hashlib.sha256(b'abc').hexdigest()}"
    with pytest.raises(TableFileError, match=both):
        describe_source(tmp_path / "a.bin", no_bar)


def test_a_folder_is_counted(tmp_path: Path) -> None:
    (tmp_path / "x" / "deep").mkdir(parents=True)
    (tmp_path / "x" / "one").write_bytes(b"12")
    (tmp_path / "x" / "deep" / "two").write_bytes(b"345")
    assert describe_source(tmp_path / "x", no_bar) == {"folder": "x", "files": 2, "bytes": 5}


def test_what_is_not_there_or_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"no file or folder at .*nothing"):
        describe_source(tmp_path / "nothing", no_bar)


def test_a_file_is_read_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "CHUNK", 4)
    (tmp_path / "x").write_bytes(b"0123456789")
    told: list[tuple[int, int]] = []
    digest = source.sha256_of(tmp_path / "x", lambda done, total: told.append((done, total)))
    assert digest == hashlib.sha256(b"0123456789").hexdigest()
    assert told == [(4, 10), (8, 10), (10, 10)]
