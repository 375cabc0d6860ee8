"""Who is called the best, and when nobody is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.reporting import find_runs, group_runs
from awnas_gym.reporting.groups import by_environment
from awnas_gym.reporting.standings import Standing, standings
from awnas_gym.reporting.table_files import write_tables
from tests.reporting.fake_runs import config, lines, write_run

SEEDS = 12


def write(root: Path, agent: str, reward: float, *, finished: int = SEEDS, **about: Any) -> None:
    """Write a run a seed; its best reward is the given one and a little of the seed."""
    for seed in range(SEEDS):
        history = lines(reward + np.array([-0.1, 0.001 * seed]), np.random.default_rng(seed))
        where = root / agent / str(seed)
        write_run(where, config(agent, seed) | about, history, finished=seed < finished)


def standing(root: Path) -> Standing:
    (found,) = standings(by_environment(group_runs(find_runs([root]))[0]), np.random.default_rng(0)).values()
    return found


def test_the_best_of_finished_runs(tmp_path: Path) -> None:
    write(tmp_path, "a", 0.8)
    write(tmp_path, "b", 0.7)
    found = standing(tmp_path)
    assert (found.best, found.unfair) == ("a", [])
    write_tables(tmp_path / "tables", {"x": found}, None)
    assert r"\textbf" in (tmp_path / "tables" / "results.tex").read_text()


def test_unfinished_runs_settle_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a", 0.8)
    write(tmp_path, "b", 0.7, finished=0)
    found = standing(tmp_path)
    assert (found.best, list(found.comparisons)) == (None, [])
    assert [row.unfinished for row in found.rows] == [0, SEEDS]


@pytest.mark.parametrize(
    "about",
    [
        {"budget": {"evaluations": 7}},
        {"budget": {"simulated_s": 60.0}, "simulated_workers": 8},
    ],
    ids=lambda about: " ".join(about["budget"]),
)
def test_other_budgets_settle_nothing(tmp_path: Path, about: dict[str, Any]) -> None:
    other = {"budget": {"evaluations": 2}} if "simulated_workers" not in about else {**about, "simulated_workers": 1}
    write(tmp_path, "a", 0.8, **about)
    write(tmp_path, "b", 0.7, **other)
    found = standing(tmp_path)
    assert (found.best, list(found.comparisons)) == (None, [])
    assert ["different budgets" in reason for reason in found.unfair] == [True]
    write_tables(tmp_path / "tables", {"x": found}, None)
    text = (tmp_path / "tables" / "results.tex").read_text()
    assert text.startswith("% These runs have different budgets")
    assert r"\textbf" not in text


def test_workers_do_not_matter_to_a_budget_of_evaluations(tmp_path: Path) -> None:
    write(tmp_path, "a", 0.8, simulated_workers=8)
    write(tmp_path, "b", 0.7, simulated_workers=1)
    assert standing(tmp_path).unfair == []


def test_duplicates_are_those_of_the_histories(tmp_path: Path) -> None:
    history = lines(np.array([0.5, 0.6, 0.7, 0.8]), np.random.default_rng(0))
    for line in history:
        line["arch_key"] = "one"  # a promotion to the next fidelity is none
    history[3]["duplicate"] = True
    write_run(tmp_path / "a", config(), history)
    (row,) = standing(tmp_path).rows
    assert row.duplicates == 0.25
    assert row.unique == 1
