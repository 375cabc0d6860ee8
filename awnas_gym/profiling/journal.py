"""What was measured so far, a line at a time: a stop of any kind costs what was being measured."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, final

from awnas_gym.errors import RunFolderError, SettingError
from awnas_gym.files import lock

FREE = ("date", "spaces")
"""Parts of a card that do not say how things were measured."""


@final
class Journal:
    """Measurements by name, in a file of JSON lines whose first is the card; a context, which no other process enters.

    Args:
        path: of the file; it is made when the first measurement comes.
        card: how things are measured.

    Attributes:
        values: name -> what was measured, those of an earlier process among them.

    Raises:
        SettingError: the file holds measurements of another card, or other things.
        RunFolderError: it cannot be read or written, or another process is writing it.
    """

    def __init__(self, path: Path, card: Mapping[str, Any]) -> None:
        self.path, self.values = path, dict[str, dict[str, float]]()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab+")
        except OSError as error:
            raise RunFolderError(f"cannot write {path}: {error.strerror}") from error
        try:
            lock(self._file, path)
            self._read(card)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, name: str, values: Mapping[str, float]) -> None:
        """Store a measurement, on disk when this returns."""
        self._write([name, dict(values)])
        self.values[name] = dict(values)

    def remove(self) -> None:
        """Delete the file: its measurements have a better place."""
        self.path.unlink(missing_ok=True)

    def _read(self, card: Mapping[str, Any]) -> None:
        self._file.seek(0)
        whole = [line for line in self._file.read().splitlines(keepends=True) if line.endswith(b"\n")]
        for number, line in enumerate(whole, 1):
            try:
                self._take(json.loads(line), card if number == 1 else None)
            except (ValueError, TypeError, RecursionError) as error:
                where = "" if number == 1 and isinstance(error, SettingError) else f", line {number}"
                raise SettingError(f"{self.path}{where}: {error}; measure into another file, or delete it") from error
        self._file.truncate(sum(map(len, whole)))  # what a kill cut off is measured again
        if not whole:
            self._write(dict(card))

    def _write(self, content: object) -> None:
        try:
            self._file.write(json.dumps(content, separators=(",", ":")).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise RunFolderError(f"cannot write {self.path}: {error.strerror}; what is stored is untouched") from error

    def _take(self, content: Any, card: Mapping[str, Any] | None) -> None:  # noqa: ANN401 - as JSON gives it
        if card is not None:
            same_card(content, card)
            return
        name, values = content
        fine = isinstance(name, str) and isinstance(values, dict)
        if not fine or not all(isinstance(value, float | int) and math.isfinite(value) for value in values.values()):
            raise SettingError('it is no measurement; one is ["name", {"latency_ms": number, …}]')
        self.values[name] = values


def same_card(was: object, now: Mapping[str, Any]) -> None:
    """Raise `SettingError` that names what differs between how things were measured and how they are now."""
    if not isinstance(was, dict):
        raise SettingError(f"a card is a mapping; got {str(was)[:80]}")
    new = json.loads(json.dumps(now))
    names = [name for name in sorted({*was, *new} - set(FREE)) if was.get(name) != new.get(name)]
    if names:
        told = "; ".join(f"{name} was {was.get(name)!r}, is {new.get(name)!r}" for name in names)
        raise SettingError(f"it was measured otherwise: {told}")
