"""Fetching a large file: what has come is kept when the connection breaks, and the next call goes on from there."""

from __future__ import annotations

import logging
import re
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from awnas_gym.errors import DownloadError, MissingDataError
from awnas_gym.ingest.official.downloads import Download
from awnas_gym.ingest.official.imported import Bar, Progress, no_bar
from awnas_gym.ingest.official.source import sha256_of

CHUNK, TIMEOUT_S = 2**20, 60
"""Bytes that are read at once at most, and seconds without any after which a connection counts as broken."""

_PARTIAL, _NOT_SATISFIABLE = 206, 416
_LOG = logging.getLogger(__name__)


def get_file(row: Download, folder: Path, *, bar: Bar = no_bar) -> Path:
    """Return an official file in a folder; it is fetched if it is not there.

    Raises:
        MissingDataError: only a person can get it; says where, and where to put it.
        DownloadError: as `fetch`; or what is there has another checksum.
    """
    imported = folder / row.imported
    if imported.is_file() and row.sha256 is not None:
        with bar("checksum", "B") as progress:
            found = sha256_of(imported, progress)
        if found != row.sha256:
            raise DownloadError(f"{imported} has the SHA-256 {found}, not {row.sha256}; delete it to have it fetched")
    elif not imported.exists():
        if row.url is None:
            unpack = f", unpack it there (tar xf {row.file})" if row.imported != row.file else ""
            raise MissingDataError(
                f"no program can fetch {row.file}: get it from {row.page}, put it into {folder}{unpack}, then "
                f"awnas data import {row.importer} {imported}"
            )
        fetch(row.url, folder / row.file, sha256=row.sha256, bar=bar)
    return imported


def fetch(url: str, target: Path, *, sha256: str | None, bar: Bar) -> None:
    """Bring a file here, whole and checked or not at all.

    What has come lies in `<target>.part` until it is complete. A file with another checksum is deleted: no further
    bytes would make it right.

    Args:
        url: of the file.
        target: where it is to be.
        sha256: of the file, in hexadecimal digits; None where nobody knows.
        bar: makes progress bars.

    Raises:
        DownloadError: no connection, no such file, a connection that broke, another checksum, no room.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with bar(target.name, "B") as progress:
            _receive(url, part, progress)
        if sha256 is not None:
            with bar("checksum", "B") as progress:
                found = sha256_of(part, progress)
            if found != sha256:
                part.unlink()
                raise DownloadError(f"{url} has the SHA-256 {found}, not {sha256}; what came was deleted")
        part.replace(target)
    except HTTPError as error:
        raise DownloadError(f"cannot fetch {url}: the server says {error.code} {error.reason}") from error
    except (HTTPException, OSError) as error:
        if isinstance(error, DownloadError):
            raise
        done = part.stat().st_size if part.exists() else 0
        kept = f"; {done:,} bytes are kept in {part}, and the same command goes on" if done else ""
        reason = error.reason if isinstance(error, URLError) else str(error) or type(error).__name__
        raise DownloadError(f"cannot fetch {url}: {reason}{kept}") from error


def _receive(url: str, part: Path, progress: Progress) -> None:
    """Append to `part` what is missing in it."""
    done = part.stat().st_size if part.exists() else 0
    try:
        response = _ask(url, done)
    except HTTPError as error:
        if not done or error.code != _NOT_SATISFIABLE:
            raise
        if error.headers.get("Content-Range") == f"bytes */{done}":  # it was stopped after the last byte
            return
        part.unlink()  # it is longer than the file
        done = 0
        response = _ask(url, done)
    with response:
        if response.status != _PARTIAL:
            done = 0  # the server sends everything, whatever it was asked for
        elif not re.match(rf"bytes {done}-", response.headers.get("Content-Range", "")):
            raise OSError(f"the server sent {response.headers.get('Content-Range')} instead of the bytes from {done:,}")
        length = response.headers.get("Content-Length")
        total = done + int(length) if length is not None else 0
        _LOG.info("%s: status %d, from byte %d of %d", url, response.status, done, total)
        with part.open("ab" if done else "wb") as file:
            progress(done, total)
            while chunk := response.read1(CHUNK):
                file.write(chunk)
                done += len(chunk)
                progress(done, total)
    if done < total:
        raise OSError(f"the connection ended after {done:,} of {total:,} bytes")


def _ask(url: str, first: int) -> HTTPResponse:
    """Ask for the bytes from `first` on."""
    _LOG.debug("asking %s for the bytes from %d", url, first)
    request = Request(url, headers={"Range": f"bytes={first}-"} if first else {})  # noqa: S310 - of `DOWNLOADS`
    response: HTTPResponse = urlopen(request, timeout=TIMEOUT_S)  # noqa: S310
    return response
