"""Every error the package raises on purpose: what was given, what is legal, what to do."""

from __future__ import annotations

import difflib
import os
import traceback
from collections.abc import Iterable

MOST = 100
"""Names that an error lists; of more it lists some."""


class AwnasError(Exception):
    """Base of all errors of this package; the command line prints them as one line."""


class UnknownNameError(AwnasError, ValueError):
    """A name that no table knows."""

    def __init__(self, kind: str, given: object, legal: Iterable[str]) -> None:
        self._parts = (kind, given, tuple(legal))
        super().__init__(unknown(*self._parts))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Travel between processes by the parts of the message."""
        return type(self), self._parts


class IllegalArchitectureError(AwnasError, ValueError):
    """A tuple of decisions outside its space."""


class GenotypeError(AwnasError, ValueError):
    """A genotype string that the space's grammar does not accept."""


class SettingError(AwnasError, ValueError):
    """A keyword or a line of a configuration with a wrong name, type or value."""


class MissingMetricError(AwnasError, ValueError):
    """An objective needs a metric that the evaluator does not yield."""


class TableFileError(AwnasError, ValueError):
    """A benchmark table that is truncated, altered or not a table at all."""


class DataFileError(AwnasError, ValueError):
    """A file of a data set that is truncated, altered or of another form; the message names it."""


class MissingDataError(AwnasError, FileNotFoundError):
    """Data the user has to bring, with the place where it is looked for."""


class MissingLayerError(AwnasError, LookupError):
    """A layer of which a device knows nothing."""


class DownloadError(AwnasError, OSError):
    """A file that could not be fetched, or is not the one that was meant."""


class MissingExtraError(AwnasError, ImportError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self._parts = (package, extra)
        super().__init__(f"{package} is not installed; pip install 'awnas-gym[{extra}]' (in a clone: '.[{extra}]')")

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Travel between processes by the parts of the message."""
        return type(self), self._parts


class PluginError(AwnasError, ImportError):
    """A part from outside that cannot be used; the message names the plugin."""


class PluginWarning(UserWarning):
    """A plugin, or a row of it, that is skipped; everything else works."""


class RunFolderError(AwnasError, OSError):
    """A run folder that cannot be read or written; what it already holds is untouched."""


class RunBusyError(RunFolderError):
    """A run folder that another process is writing: it is left to that one."""


class TrainingError(AwnasError, RuntimeError):
    """A training that cannot go on: a loss that is no number, or too little memory."""


class WorkerError(AwnasError, RuntimeError):
    """Work that ended two worker processes, or failed in one."""


class CheckpointError(AwnasError, ValueError):
    """A checkpoint that is truncated, or of something else; what it was to be loaded into is as it was."""


class RanksError(AwnasError, RuntimeError):
    """Processes that train together have come apart, or one of them has ended."""


class AgentError(AwnasError, ValueError):
    """An agent sent something that is no action of the environment."""


class BudgetExhausted(AwnasError):  # noqa: N818 - the design's name; it ends a run, it is no fault
    """The next evaluation would go over the budget; `search` catches it and ends the run."""


def unknown(kind: str, given: object, legal: Iterable[str]) -> str:
    """Return `No <kind> named 'x'. Did you mean 'y'? Known: ...`."""
    names = sorted(legal)
    close = difflib.get_close_matches(str(given), names, n=1, cutoff=0.5)
    guess = f" Did you mean '{close[0]}'?" if close else ""
    listed = ", ".join(names) if len(names) <= MOST else f"{', '.join(names[:5])}, … ({len(names):,} in all)"
    return f"No {kind} named {str(given)!r}.{guess} Known: {listed or 'none'}."


def in_one_line(error: BaseException) -> str:
    """Return what somebody else's error says and where it was raised: `KeyError: 'x' (mine.py:3 in f)`."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = (
        "" if "importlib" in place.filename else f" ({os.path.basename(place.filename)}:{place.lineno} in {place.name})"
    )
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"
