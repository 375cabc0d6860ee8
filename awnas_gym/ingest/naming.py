"""Which metric, fidelity and trial a column of a user's file holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

from awnas_gym.errors import SettingError, unknown
from awnas_gym.metrics import is_metric, metric_info

GENOTYPES = ("arch", "genotype", "architecture", "archs", "index")
"""Names under which a column of architectures is found, the first that is there."""

FIDELITIES, TRIALS, SPLIT = ("epoch", "epochs", "fidelity"), ("trial", "seed"), "split"
"""Names of columns that say what the metrics of a row are of."""

_TARGET = re.compile(r"([^@#]+)(?:@([0-9]{1,9}))?(?:#([0-9]{1,9}))?")
_MAPPING = re.compile(r"([^=]+)=(.+?)(?:/([0-9.eE+]+))?")


@final
@dataclass(frozen=True, slots=True)
class Source:
    """Where a metric's numbers stand.

    Attributes:
        column: in the file.
        metric: its name here.
        fidelity: epochs that the column's name says; None if it says none.
        trial: which training, or its seed; None if the name says none.
        divisor: what the numbers are divided by, e.g. 100 for percent.
    """

    column: str
    metric: str
    fidelity: int | None = None
    trial: int | None = None
    divisor: float = 1.0


def find_sources(names: Sequence[str], mappings: Iterable[str], *, splits: bool) -> list[Source]:
    """Return the metrics of a file.

    Args:
        names: of its columns.
        mappings: `METRIC[@EPOCHS][#TRIAL]=COLUMN[/DIVISOR]`, one a metric; without any, columns are taken whose own
            names have the form `METRIC[@EPOCHS][#TRIAL]`.
        splits: whether a column says the split of each row; metrics are then named without it.

    Raises:
        SettingError: a mapping that is none, a column that is not there, or no metric at all.
    """
    mappings = list(mappings)
    if mappings:
        sources = [_mapped(text, names) for text in mappings]
    else:
        found = ((name, _TARGET.fullmatch(name)) for name in names)
        sources = [_source(name, match) for name, match in found if match and _legal(match[1], splits=splits)]
    for source in sources:
        if not _legal(source.metric, splits=splits):
            metric_info(source.metric)
    if not sources:
        example = "accuracy" if splits else "valid_accuracy"
        raise SettingError(
            f"no column is named like a metric (e.g. {example}, {example}@12 after 12 epochs, {example}#0 of training "
            f"0, pixel3_latency_ms); the columns are {', '.join(names) or 'none'}. Name one: {example}=COLUMN"
        )
    seen: dict[tuple[str, int | None, int | None], str] = {}
    for source in sources:
        key = (source.metric, source.fidelity, source.trial)
        if key in seen:
            raise SettingError(f"{seen[key]} and {source.column} are both {source.metric}; one can be meant")
        seen[key] = source.column
    return sources


def _legal(metric: str, *, splits: bool) -> bool:
    return is_metric(metric) or (splits and is_metric(f"valid_{metric}"))


def _source(column: str, match: re.Match[str], divisor: float = 1.0) -> Source:
    fidelity, trial = (None if group is None else int(group) for group in match.groups()[1:])
    if fidelity == 0:
        raise SettingError(f"{column}: epochs count from 1")
    return Source(column, match[1], fidelity, trial, divisor)


def _mapped(text: str, names: Sequence[str]) -> Source:
    form = "METRIC[@EPOCHS][#TRIAL]=COLUMN[/DIVISOR], e.g. test_accuracy@200=acc/100"
    match = _MAPPING.fullmatch(text)
    target = _TARGET.fullmatch(match[1].strip()) if match else None
    if match is None or target is None:
        raise SettingError(f"{text!r} names no column; the form is {form}")
    column = match[2].strip()
    if column not in names:
        raise SettingError(unknown("column", column, names))
    try:
        divisor = float(match[3] or 1)
    except ValueError:
        divisor = 0.0
    if not 0 < divisor < float("inf"):
        raise SettingError(f"{text!r} divides by {match[3]}; a number above 0 is legal")
    return _source(column, target, divisor)
