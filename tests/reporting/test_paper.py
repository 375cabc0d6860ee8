"""Figures and tables as files: of the right kind, the same each time, with the numbers of the page."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.errors import MissingExtraError, RunFolderError
from awnas_gym.reporting import find_runs, group_runs, paper, write_paper, write_report
from awnas_gym.reporting.groups import by_environment
from awnas_gym.reporting.standings import standings
from awnas_gym.reporting.table_files import write_tables
from tests.reporting.fake_runs import config, lines, write_group, write_run, write_sweep

BEGINNINGS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


def tables(root: Path, folder: Path) -> dict[str, str]:
    """Return the tables of one environment, which need no matplotlib."""
    found = standings(by_environment(group_runs(find_runs([root]))[0]), np.random.default_rng(0))
    return {path.name: path.read_text() for path in write_tables(folder, found, None)}


def test_a_sweep_has_figures_of_all_and_of_each_environment(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'awnas-gym[plot]'")
    files = write_paper([write_sweep(tmp_path / "runs", seeds=2)], tmp_path / "paper")
    figures = [path for path in files if path.suffix in BEGINNINGS]
    names = [
        "aggregates",
        "profiles",
        "regret",
        *(f"regret_NASBench201-v0_dataset_cifar10{zeros}" for zeros in ("", "0")),
    ]
    assert {path.name for path in figures} == {f"{name}{suffix}" for name in names for suffix in BEGINNINGS}
    assert {path.name for path in files} - {path.name for path in figures} == {
        f"{name}.{suffix}" for name in ("results", "overview") for suffix in ("csv", "tex")
    }
    for path in figures:
        assert path.read_bytes().startswith(BEGINNINGS[path.suffix])


def test_one_environment_has_its_regret_and_results_alone_the_same_each_time(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'awnas-gym[plot]'")
    write_group(tmp_path / "runs", "random", seeds=2, skill=0.0)
    files = write_paper([tmp_path / "runs"], tmp_path / "paper")
    assert [path.name for path in files] == ["regret.png", "regret.svg", "regret.pdf", "results.csv", "results.tex"]
    again = write_paper([tmp_path / "runs"], tmp_path / "again")
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]


def test_more_agents_than_colours_have_other_dashes(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'awnas-gym[plot]'")
    for n in range(19):
        write_run(
            tmp_path / "runs" / str(n), config(f"agent{n}"), lines(np.array([0.5, 0.6]), np.random.default_rng(n))
        )
    assert len(write_paper([tmp_path / "runs"], tmp_path / "paper")) == 5


def test_numbers_are_those_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "write_figures", lambda *_: [])  # they take long
    pytest.importorskip("plotly", reason="needs plotly: pip install 'awnas-gym[plot]'")
    root = write_sweep(tmp_path / "runs", seeds=4)
    write_paper([root], tmp_path)
    page = write_report([root], tmp_path / "report.html").read_text(encoding="utf-8")
    for name in ("results", "overview"):
        for row in csv.DictReader((tmp_path / f"{name}.csv").read_text().splitlines()):
            for column in [column for column in row if f"{column}_low" in row]:
                low, high = (f"{float(row[f'{column}_{end}']):.4f}" for end in ("low", "high"))
                assert f"{float(row[column]):.4f} <small>[{low}, {high}]" in page


def test_csv_has_every_number_and_gaps_where_none_was_recorded(tmp_path: Path) -> None:
    write_group(tmp_path / "runs", "reinforce", seeds=2, skill=1.0, policy_updates=9)
    (row,) = csv.DictReader(tables(tmp_path / "runs", tmp_path)["results.csv"].splitlines())
    assert (row["environment"], row["agent"], row["seeds"]) == ("awnas/NASBench201-v0", "reinforce", "2")
    assert (row["policy_updates"], row["peak_memory_mib"], row["wall_s"]) == ("9.0", "", "1.5")
    best = [float(run.rewards.max()) for run in find_runs([tmp_path])]
    assert float(row["best"]) == pytest.approx(np.mean(best))
    assert float(row["duplicates"]) == pytest.approx(1 - float(row["unique"]) / 100)


def test_latex_is_escaped_and_has_a_line_a_row(tmp_path: Path) -> None:
    history = lines(np.array([0.5, 0.6]), np.random.default_rng(0))
    write_run(tmp_path / "runs", config("a_b&c\\{50%}"), history, reference=None)
    text = tables(tmp_path / "runs", tmp_path)["results.tex"]
    assert r"a\_b\&c\textbackslash{}\{50\%\} & 1 & 0.6000 & -- & 0.5900 \\" in text
    assert text.count(r"\begin{tabular}{lrrrr}") == text.count(r"\end{tabular}") == 1


@pytest.mark.parametrize(("seeds", "bold"), [(10, 1), (4, 0)])
def test_latex_is_bold_only_where_the_paired_tests_settle_it(tmp_path: Path, seeds: int, bold: int) -> None:
    for agent, skill in (("random", 0.0), ("local_search", 9.0)):
        write_group(tmp_path / "runs", agent, seeds=seeds, skill=skill)
    text = tables(tmp_path / "runs", tmp_path)["results.tex"]
    assert text.count(r"\textbf") == bold
    assert text.count("local\\_search & ") == 1
    if bold:
        assert next(line for line in text.splitlines() if "textbf" in line).startswith(
            r"local\_search & 10 & \textbf{0.8"
        )


def test_nothing_to_report_and_no_matplotlib_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path / "empty", config(), [], finished=False)
    with pytest.raises(RunFolderError, match="no run has an evaluation yet"):
        write_paper([tmp_path / "empty"], tmp_path / "paper")
    write_group(tmp_path / "runs", "random", seeds=1, skill=0.0)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'awnas-gym\[plot\]'"):
        write_paper([tmp_path / "runs"], tmp_path / "paper")
