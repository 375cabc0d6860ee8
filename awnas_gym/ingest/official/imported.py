"""What comes out of an official file: a table that is not written yet, and what its card says of the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks import Column, TableFile, own_table_path, write_table
from awnas_gym.benchmarks.listing import listing_columns
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.metrics import ACCURACY
from awnas_gym.pack import reference_scores
from awnas_gym.spaces import AbstractSpace, Archs

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much; the unit is the importer's."""

Bar = Callable[[str, str], AbstractContextManager[Progress]]
"""Makes of a label and a unit, `"B"` for bytes or a word in the plural, what shows the progress while it lasts."""

CURVE = ("row", "trial", "epoch")


@final
@dataclass(frozen=True, slots=True)
class Imported:
    """A table.

    Attributes:
        name: what it is called from now on.
        space: of its architectures.
        archs: legal and all different, int `[rows, decisions]`.
        metrics: name -> column with the axes `row`, or `row`, `trial`, `epoch`.
        card: what the importer knows: title, source, licence, protocol, `fidelities`, `seeds`, and `score`, the metric
            without its split that architectures are compared by, where that is not accuracy.
        chance: accuracy of guessing; a training that ends no better has failed. 0 where the score is another one.
    """

    name: str
    space: AbstractSpace
    archs: Archs
    metrics: Mapping[str, Column]
    card: Mapping[str, Any]
    chance: float

    def write(self) -> Path:
        """Write the table into the user's folder, whole or not at all, and return its path."""
        target = own_table_path(self.name)
        listed, classes = listing_columns(self.space, self.archs)
        columns = {**listed, **self.metrics}
        card = {**self.card, "classes": classes, "chance": self.chance}
        card["counts"] = counts(columns, card)
        described = {"name": self.space.name, "settings": self.space.settings}
        card |= reference_scores(TableEvaluator(TableFile(target, described, card, columns, "")))
        write_table(target, space=described, card=card, columns=columns)
        return target


@contextmanager
def no_bar(_label: str, _unit: str) -> Iterator[Progress]:
    """Show nothing."""
    yield lambda _done, _total: None


def counts(columns: Mapping[str, Column], card: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is in a table: rows, and for each fidelity how many architectures have how many trainings.

    A training has failed if its accuracy (on the validation split, or what there is) is no better than chance.

    Args:
        columns: of the table.
        card: with `fidelities`, `chance` and, where trainings have them, `seeds` and `score`.
    """
    score = card.get("score", ACCURACY)
    curves = {name: column for name, column in columns.items() if column.dims == CURVE and name.endswith(f"_{score}")}
    found: dict[str, Any] = {"architectures": columns["archs"].shape[0]}
    if not curves:
        return found
    name = next(each for each in (f"valid_{score}", f"test_{score}", *curves) if each in curves)
    values: NDArray[Any] = curves[name].values
    recorded = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        failed = recorded & (values <= 1.1 * card["chance"])
    parts = ("trainings", *(["failed_trainings"] if score == ACCURACY else []), "missing_seeds")
    found |= {part: {} for part in parts}
    seeds = card.get("seeds", list(range(values.shape[1])))
    for e, fidelity in enumerate(card["fidelities"]):
        each = Counter(recorded[:, :, e].sum(axis=1).tolist())
        found["trainings"][str(fidelity)] = {str(n): each[n] for n in sorted(each)}
        if score == ACCURACY:
            found["failed_trainings"][str(fidelity)] = int(failed[:, :, e].sum())
        missing = (~recorded[:, :, e]).sum(axis=0).tolist()
        found["missing_seeds"][str(fidelity)] = {str(seed): n for seed, n in zip(seeds, missing, strict=True) if n}
    return found
