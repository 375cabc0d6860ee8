"""Which row of a table an architecture is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awnas_gym.benchmarks import Column, TableFile
from awnas_gym.benchmarks.listing import Listing, listing_columns
from awnas_gym.errors import TableFileError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.spaces.nasbench201 import NASBench201

SPACE = NASBench201()
EVERYTHING = SPACE.enumerate()
ARCHS = EVERYTHING[np.random.default_rng(0).choice(SPACE.size, 3000, replace=False)]


def made(columns: dict[str, Column]) -> TableFile:
    return TableFile(Path("made.awnas"), {"name": SPACE.name, "settings": SPACE.settings}, {}, columns, "")


def test_every_architecture_finds_its_own_row_or_that_of_its_class() -> None:
    columns, classes = listing_columns(SPACE, ARCHS)
    found = Listing(made(columns), SPACE).rows(EVERYTHING)
    own = {int(index): row for row, index in enumerate(SPACE.index(ARCHS))}
    first: dict[int, int] = {}
    for row, index in enumerate(SPACE.index(SPACE.canonical(ARCHS))):
        first.setdefault(int(index), row)
    canonical = SPACE.index(SPACE.canonical(EVERYTHING))
    expected = [own.get(i, own.get(c, first.get(c, -1))) for i, c in enumerate(canonical.tolist())]
    np.testing.assert_array_equal(found, expected)
    assert classes == len(first)
    assert (found < 0).any()


def test_the_same_architecture_twice_is_refused() -> None:
    with pytest.raises(TableFileError, match="rows 1 and 3000 are both"):
        listing_columns(SPACE, np.concatenate([ARCHS, ARCHS[1:2]]))


COLUMNS = listing_columns(SPACE, ARCHS)[0]


@pytest.mark.parametrize(
    ("name", "column", "message"),
    [
        ("fingerprint", None, "needs a column fingerprint"),
        ("archs", Column(ARCHS, ("row", "choice")), "needs a column archs with the axes"),
        ("archs", Column(ARCHS[:, :5], ("row", "decision")), r"archs is int8 of shape \[3000, 5\]"),
        ("archs", Column(ARCHS.astype(np.int64), ("row", "decision")), "archs is int64"),
        ("archs", Column(ARCHS - np.int8(1), ("row", "decision")), "decisions outside nasbench201"),
        ("archs", Column(ARCHS[:0], ("row", "decision")), r"shape \[0, 6\]"),
        ("fingerprint", Column(COLUMNS["fingerprint"].values[::-1], ("entry",)), "not sorted"),
        ("fingerprint", Column(COLUMNS["fingerprint"].values.astype(np.int64), ("entry",)), "uint64"),
        ("entry_row", Column(COLUMNS["entry_row"].values + 3000, ("entry",)), "points outside the table"),
        ("entry_row", Column(COLUMNS["entry_row"].values[1:], ("entry",)), "one entry each"),
    ],
)
def test_columns_that_do_not_fit_are_refused(name: str, column: Column | None, message: str) -> None:
    columns = {key: value for key, value in {**COLUMNS, name: column}.items() if value is not None}
    with pytest.raises(TableFileError, match=message):
        TableEvaluator(made({**columns, "valid_accuracy": Column(np.ones(3000), ("row",))}))
