"""Read-only tables `name -> "module:Class"`: parts are found by name and imported on first use."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

from awnas_gym.errors import MissingExtraError, UnknownNameError


@final
@dataclass(frozen=True, slots=True)
class Row:
    """One part: where it is, one line about it, and the extra that its imports need."""

    target: str
    summary: str
    extra: str | None = None

    def load(self) -> Any:  # noqa: ANN401 - whatever the row names
        """Import the part; a package missing behind an extra becomes `MissingExtraError`."""
        module, _, attribute = self.target.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as error:
            if self.extra is None or (error.name or "").startswith("awnas_gym"):
                raise
            raise MissingExtraError(error.name or "a package", self.extra) from error


@final
class Table(Mapping[str, Row]):
    """A kind of part (`"space"`, `"agent"`, …) and its rows; unknown names get the nearest guess."""

    def __init__(self, kind: str, rows: Mapping[str, Row]) -> None:
        self.kind = kind
        self._rows = dict(rows)

    def __getitem__(self, name: str) -> Row:
        if name not in self._rows:
            raise UnknownNameError(self.kind, name, self._rows)
        return self._rows[name]

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def load(self, name: str) -> Any:  # noqa: ANN401 - whatever the row names
        """Import and return the part called `name`."""
        return self[name].load()
