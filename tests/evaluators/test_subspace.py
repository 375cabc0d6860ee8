"""A space within the space of a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awnas_gym.benchmarks import Column, TableFile
from awnas_gym.benchmarks.listing import listing_columns
from awnas_gym.errors import IllegalArchitectureError
from awnas_gym.evaluators.subspace import SubspaceEvaluator
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.spaces.nasbench_1shot1 import NASBench1Shot1
from awnas_gym.testing import check_evaluator

SPACE = NASBench1Shot1(variant=1)
ROWS = SPACE.nasbench101.canonical(SPACE.to_nasbench101(SPACE.enumerate()))
CELLS = np.unique(ROWS, axis=0)[:2000]
"""Of the 2,685 different ones, in the order of NAS-Bench-101: 685 have no record."""


@pytest.fixture(scope="module")
def table() -> TableEvaluator:
    rng = np.random.default_rng(0)
    metrics = {
        "valid_accuracy": Column(rng.random((len(CELLS), 3, 2)), ("row", "trial", "epoch")),
        "cost_s": Column(rng.random((len(CELLS), 3, 2)), ("row", "trial", "epoch")),
        "params": Column(np.arange(len(CELLS)), ("row",)),
    }
    columns = {**listing_columns(SPACE.nasbench101, CELLS)[0], **metrics}
    described = {"name": "nasbench101", "settings": SPACE.nasbench101.settings}
    card = {"title": "made up", "fidelities": [4, 108], "classes": 2000, "counts": {}, "reference": {}}
    return TableEvaluator(TableFile(Path("made-up.awnas"), described, card, columns, "checksum"))


@pytest.fixture(scope="module")
def within(table: TableEvaluator) -> SubspaceEvaluator:
    return SubspaceEvaluator(table, SPACE, SPACE.to_nasbench101)


def test_the_contract(within: SubspaceEvaluator) -> None:
    check_evaluator(within)


def test_answers_are_those_of_the_cells(table: TableEvaluator, within: SubspaceEvaluator) -> None:
    archs = SPACE.enumerate()
    for fidelity, trial in ((4, "mean"), (108, 2), (108, "random")):
        mine, theirs = (
            each.evaluate(rows, fidelity=fidelity, trial=trial, rng=np.random.default_rng(3))
            for each, rows in ((within, archs), (table, ROWS))
        )
        assert mine.keys() == theirs.keys()
        for name, values in theirs.items():
            np.testing.assert_array_equal(mine[name], values)
    assert 0 < np.isnan(mine["params"]).mean() < 0.5
    row = {tuple(cell): i for i, cell in enumerate(CELLS.tolist())}
    expected = [row.get(tuple(cell), np.nan) for cell in ROWS.tolist()]
    np.testing.assert_array_equal(mine["params"], expected)


def test_it_says_of_itself_what_the_table_says(table: TableEvaluator, within: SubspaceEvaluator) -> None:
    assert (within.yields, within.fidelities, within.trials) == (table.yields, (4, 108), 3)
    assert within.version == "checksum"
    assert within.card == {"title": "made up", "fidelities": [4, 108]}  # nothing that counts all of the table
    assert len(within.population()) == SPACE.size
    assert within.holds("valid_accuracy", 4, 0)


def test_only_some_metrics(within: SubspaceEvaluator) -> None:
    found = within.evaluate(SPACE.unindex([0, 1]), rng=np.random.default_rng(0), metrics=frozenset({"params"}))
    assert list(found) == ["params"]


def test_an_architecture_of_the_tables_own_space_is_refused(within: SubspaceEvaluator) -> None:
    with pytest.raises(
        IllegalArchitectureError, match=r"nasbench_1shot1 architectures are integers of shape \[batch, 7\]"
    ):
        within.evaluate(CELLS[:1], rng=np.random.default_rng(0))
