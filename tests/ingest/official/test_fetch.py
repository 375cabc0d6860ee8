"""Downloads from a server that breaks off, lies, or is not there."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.errors import DownloadError, MissingDataError
from awnas_gym.ingest.official.downloads import Download
from awnas_gym.ingest.official.fetch import fetch, get_file
from awnas_gym.ingest.official.imported import no_bar
from tests.ingest.official.file_server import FileServer, serving

CONTENT = np.random.default_rng(0).bytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("no_proxy", "*")
    with serving(CONTENT) as running:
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "file.bin"


def parts(target: Path) -> list[str]:
    """Return what lies in the folder."""
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_comes_whole_and_nothing_stays_beside_it(server: FileServer, target: Path) -> None:
    fetch(server.url, target, sha256=SHA256, bar=no_bar)
    assert target.read_bytes() == CONTENT
    assert parts(target) == ["file.bin"]
    assert server.asked == [None]


def test_requests_are_logged(server: FileServer, target: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="awnas_gym"):
        fetch(server.url, target, sha256=None, bar=no_bar)
    assert caplog.messages == [
        f"asking {server.url} for the bytes from 0",
        f"{server.url}: status 200, from byte 0 of 3000000",
    ]


def test_progress_is_told_in_bytes(server: FileServer, target: Path) -> None:
    told: dict[str, list[tuple[int, int]]] = {}

    @contextlib.contextmanager
    def bar(label: str, unit: str) -> Iterator:
        assert unit == "B"
        yield lambda done, total: told.setdefault(label, []).append((done, total))

    fetch(server.url, target, sha256=SHA256, bar=bar)
    assert told["file.bin"][0] == (0, len(CONTENT))
    assert told["file.bin"][-1] == told["checksum"][-1] == (len(CONTENT), len(CONTENT))


def test_a_connection_that_breaks_is_named_and_the_next_call_goes_on(server: FileServer, target: Path) -> None:
    server.most = 1_000_000
    with pytest.raises(
        DownloadError, match=r"ended after 1,000,000 of 3,000,000 bytes; 1,000,000 bytes are kept in .*"
    ):
        fetch(server.url, target, sha256=SHA256, bar=no_bar)
    assert parts(target) == ["file.bin.part"]
    with pytest.raises(DownloadError, match=r"2,000,000 of 3,000,000"):
        fetch(server.url, target, sha256=SHA256, bar=no_bar)
    server.most = None
    fetch(server.url, target, sha256=SHA256, bar=no_bar)
    assert server.asked == [None, "bytes=1000000-", "bytes=2000000-"]
    assert target.read_bytes() == CONTENT
    assert parts(target) == ["file.bin"]


def test_a_killed_download_goes_on(server: FileServer, target: Path) -> None:
    server.most, server.waits = 1_000_000, True
    code = (
        "import sys; from pathlib import Path; from awnas_gym.ingest.official.fetch import fetch\n"
        "from awnas_gym.ingest.official.imported import no_bar\n"
        "fetch(sys.argv[1], Path(sys.argv[2]), sha256=None, bar=no_bar)"
    )
    part = target.with_name("file.bin.part")
    with subprocess.Popen([sys.executable, "-c", code, server.url, str(target)], cwd=ROOT) as process:
        deadline = time.monotonic() + 60
        while (not part.exists() or part.stat().st_size < 900_000) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
    kept = part.stat().st_size
    assert 900_000 <= kept < len(CONTENT)
    server.most, server.waits = None, False
    fetch(server.url, target, sha256=SHA256, bar=no_bar)
    assert server.asked == [None, f"bytes={kept}-"]
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("kept", [len(CONTENT), len(CONTENT) + 5])
def test_a_download_stopped_after_its_last_byte_or_of_another_file(server: FileServer, target: Path, kept: int) -> None:
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes((CONTENT + b"other")[:kept])
    fetch(server.url, target, sha256=SHA256, bar=no_bar)
    assert target.read_bytes() == CONTENT
    assert server.asked == [f"bytes={kept}-"] + [None] * (kept > len(CONTENT))


def test_a_server_that_ignores_ranges_is_read_from_the_start(server: FileServer, target: Path) -> None:
    server.ranges = False
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(b"something else")
    fetch(server.url, target, sha256=SHA256, bar=no_bar)
    assert target.read_bytes() == CONTENT


def test_a_server_that_sends_other_bytes_is_refused(server: FileServer, target: Path) -> None:
    server.shift = 500
    target.parent.mkdir()
    part = target.with_name("file.bin.part")
    part.write_bytes(CONTENT[:1000])
    with pytest.raises(DownloadError, match="sent bytes 500-2999999/3000000 instead of the bytes from 1,000"):
        fetch(server.url, target, sha256=SHA256, bar=no_bar)
    assert part.read_bytes() == CONTENT[:1000]


def test_another_checksum_names_both_and_leaves_nothing(server: FileServer, target: Path) -> None:
    with pytest.raises(DownloadError, match=rf"has the SHA-256 {SHA256}, not {'0' * 64}; what came was deleted"):
        fetch(server.url, target, sha256="0" * 64, bar=no_bar)
    assert parts(target) == []


def test_what_is_not_there_and_nobody_who_answers_are_one_line(server: FileServer, target: Path) -> None:
    server.content = None
    with pytest.raises(DownloadError, match=r"^cannot fetch http://.*/file\.bin: the server says 404 Not Found$"):
        fetch(server.url, target, sha256=None, bar=no_bar)
    with pytest.raises(DownloadError, match=r"^cannot fetch http://127\.0\.0\.1:9/x: .*refused$") as error:
        fetch("http://127.0.0.1:9/x", target, sha256=None, bar=no_bar)
    assert "\n" not in str(error.value)
    assert parts(target) == []


def test_a_folder_that_cannot_be_written_is_one_line(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match=r"cannot fetch .*(File exists|Not a directory)"):
        fetch(server.url, tmp_path / "file" / "x.bin", sha256=None, bar=no_bar)


# ------------------------------------------------------------------ by rows


def test_what_is_there_is_checked_and_not_fetched(server: FileServer, tmp_path: Path) -> None:
    row = Download(importer="x", file="file.bin", page="p", url=server.url, sha256=SHA256)
    assert get_file(row, tmp_path).read_bytes() == CONTENT
    assert get_file(row, tmp_path) == tmp_path / "file.bin"
    assert len(server.asked) == 1
    (tmp_path / "file.bin").write_bytes(b"x")
    with pytest.raises(DownloadError, match=r"file\.bin has the SHA-256 .*, not .*; delete it to have it fetched"):
        get_file(row, tmp_path)


def test_what_only_a_person_can_fetch_is_said_with_the_place(tmp_path: Path) -> None:
    row = Download(importer="nats-tss", file="a.tar", page="https://somewhere")
    wanted = (
        rf"get it from https://somewhere, put it into {tmp_path}, unpack it there \(tar xf a\.tar\), then awnas data"
    )
    with pytest.raises(MissingDataError, match=wanted):
        get_file(row, tmp_path)
    (tmp_path / "a").mkdir()
    assert get_file(row, tmp_path) == tmp_path / "a"
