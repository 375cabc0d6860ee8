"""Writing files so that a stop at any moment leaves the old one or the whole new one, and one process at a time.

What is saved along the way has a folder with a number as its name, and there are the last `KEPT` of these.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from awnas_gym.errors import RunBusyError, RunFolderError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

KEPT = 2
"""Numbered folders that stay: should the last one be damaged, there is one before it."""


def write_atomically(path: Path, content: str | bytes | Iterable[bytes | memoryview]) -> None:
    """Write a file, and the folders above it.

    Args:
        path: of the file.
        content: text (UTF-8), bytes, or the parts of a file too large to be held twice.

    Raises:
        RunFolderError: it cannot be written; what was there is untouched and nothing is left beside it.
    """
    whole = content.encode() if isinstance(content, str) else content
    parts = [whole] if isinstance(whole, bytes) else whole
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            temporary = Path(file.name)
            file.writelines(parts)
        os.chmod(temporary, 0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise RunFolderError(f"cannot write {path}: {error.strerror}; what was there is untouched") from error


def lock(file: IO[bytes], path: Path) -> None:
    """Keep other processes from writing an open file until it is closed, where the system has such locks.

    Args:
        file: open for writing.
        path: of it, for the error.

    Raises:
        RunBusyError: another process has it.
    """
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunBusyError(f"another process is writing {path}; wait for it or choose another folder") from error
        except OSError:
            pass  # a file system without locks


def numbered(folder: Path) -> list[Path]:
    """Return the folders in a folder that have a number as their name, by number."""
    found = [path for path in folder.glob("[0-9]*") if path.name.isdecimal()]
    return sorted(found, key=lambda path: int(path.name))


def keep_last(folder: Path) -> None:
    """Remove the numbered folders in a folder but for the last `KEPT`."""
    for path in numbered(folder)[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)
