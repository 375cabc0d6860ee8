"""What an importer says before it runs: which tables it returns, and what its progress counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, final

from awnas_gym.ingest.official.imported import Imported

P = ParamSpec("P")


@final
@dataclass(frozen=True, slots=True)
class Importer(Generic[P]):
    """A reader of an official file; called like its function.

    Attributes:
        read: `(path, *, progress)`, and `workers` or `partial` where they make sense, to tables that are not written.
        tables: names of all that it may return.
        unit: of its progress, `"B"` for bytes, else a word in the plural.
    """

    read: Callable[P, list[Imported]]
    tables: tuple[str, ...]
    unit: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[Imported]:
        """Return the tables."""
        return self.read(*args, **kwargs)


def importer(*, tables: tuple[str, ...], unit: str = "B") -> Callable[[Callable[P, list[Imported]]], Importer[P]]:
    """Make an importer of the function below it; the arguments are those of `Importer`."""

    def make(read: Callable[P, list[Imported]]) -> Importer[P]:
        return Importer(read, tables, unit)

    return make
