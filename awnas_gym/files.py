"""Writing files so that a stop at any moment leaves the old one or the whole new one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from awnas_gym.errors import RunFolderError


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file, UTF-8 if it is text, and the folders above it.

    Raises:
        RunFolderError: it cannot be written; what was there is untouched and nothing is left beside it.
    """
    raw = content.encode() if isinstance(content, str) else content
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            temporary = Path(file.name)
            file.write(raw)
        os.chmod(temporary, 0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise RunFolderError(f"cannot write {path}: {error.strerror}; what was there is untouched") from error
