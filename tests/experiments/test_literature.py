"""The page on the literature shows the committed result, of tables that hold the published optima."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.benchmarks import open_table
from awnas_gym.evaluators.table import TableEvaluator
from experiments.published import TEST, VALID, nasbench101, nasbench201
from experiments.science.literature import BUDGETS, page, search
from tests.experiments.test_scripts import made_up_csv

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", "is set by what writes tables")


def test_the_page_shows_the_committed_result() -> None:
    result = json.loads((ROOT / "experiments/science/results/literature.json").read_text())
    assert page(result) in (ROOT / "docs/literature.md").read_text(encoding="utf-8")


def test_tables_hold_the_published_optima(published: Callable[[str], Path], tmp_path: Path) -> None:
    """As the papers give them; 201: architectures 6111, 9930 and 857 of the official order."""
    rng = np.random.default_rng(0)
    optima = {"cifar10": 0.94373, "cifar100": 0.73513, "imagenet16": 0.47311}
    for dataset, path in nasbench201(published("nas_bench_201/nb201.csv.gz"), tmp_path).items():
        evaluator = TableEvaluator(open_table(path))
        found = evaluator.evaluate(evaluator.population(), rng=rng, metrics=frozenset({"test_accuracy"}))
        assert found["test_accuracy"].max() == pytest.approx(optima[dataset], abs=5e-6)
        assert evaluator.fidelities == (VALID, TEST)
        assert not evaluator.holds("valid_accuracy", TEST, "mean")
    evaluator = TableEvaluator(open_table(nasbench101(published("nas_bench_101/nb101_full.npz"), tmp_path)))
    assert evaluator.vector("test_accuracy", 108, "mean")[:-1].max() == pytest.approx(1 - 0.056824247)
    assert evaluator.coverage() == 1


def test_a_curve_is_of_the_best_cell_by_validation_so_far(tmp_path: Path) -> None:
    table = nasbench201(made_up_csv(tmp_path / "a.csv.gz"), tmp_path)["cifar10"]
    best, reported, different = search(str(table), VALID, "valid", "random", 0)
    assert len(best) == len(reported) == BUDGETS[-1]
    assert different[0] == 1
    assert 250 < different[-1] < BUDGETS[-1]
    assert (np.diff(best) >= 0).all()
    evaluator = TableEvaluator(open_table(table))
    valid = evaluator.vector("valid_accuracy", VALID, "mean")
    test = evaluator.vector("test_accuracy", TEST, "mean")
    for n in (1, *BUDGETS):
        picked = np.flatnonzero(valid == best[n - 1])
        assert reported[n - 1] in test[picked]
    rises = np.flatnonzero(np.diff(best) > 0)
    assert (np.diff(reported)[np.setdiff1d(np.arange(len(best) - 1), rises)] == 0).all()
