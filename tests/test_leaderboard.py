"""The leaderboard: its page is what its files say, and a result that no table confirms is rejected."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import RunFolderError, SettingError
from awnas_gym.sweep import Sweep, run_sweep
from scripts import make_leaderboard, submit_to_leaderboard
from scripts.check_leaderboard import check
from scripts.leaderboard_results import read_entries, results_of
from tests.reporting.fake_runs import config, lines, write_run

COMMITTED = make_leaderboard.DOCS / "leaderboard"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, tiny: str) -> Path:
    """Two agents with two seeds on a made-up table."""
    folder = tmp_path_factory.mktemp("searched")
    sweep = Sweep(
        environment={"id": "awnas/NASBench201-v0", "dataset": tiny, "action_mode": "joint"},
        agents=[{"name": "random"}, {"name": "regularized_evolution", "population_size": 10}],
        budget={"evaluations": 20},
        seeds=2,
    )
    assert all(isinstance(summary, dict) for _, summary in run_sweep(sweep, folder))
    return folder


@pytest.fixture
def docs(tmp_path: Path, runs: Path) -> Path:
    submit_to_leaderboard.main([str(runs), "--out", str(tmp_path / "leaderboard" / "mine.json")])
    return tmp_path


def changed(docs: Path, **fields: Any) -> None:
    """Change fields of the first run of the first entry, as somebody might who would rather have another number."""
    path = docs / "leaderboard" / "mine.json"
    content = json.loads(path.read_text())
    content["entries"][0]["runs"][0] |= fields
    path.write_text(json.dumps(content))


def test_the_page_is_up_to_date() -> None:
    written = (make_leaderboard.DOCS / "leaderboard.md").read_text(encoding="utf-8")
    assert written == make_leaderboard.page(read_entries(COMMITTED)), "run `make pages` and look at the difference"


def test_no_committed_result_is_rejected_and_those_of_the_embedded_table_agree() -> None:
    found = list(check(read_entries(COMMITTED)))
    assert [finding for finding in found if finding.wrong] == []
    embedded = [finding for finding in found if finding.entry.startswith("fashion14.json")]
    assert embedded
    assert all(finding.checked == 20 and not finding.unchecked for finding in embedded)


def test_what_was_run_agrees_when_it_is_asked_for_and_run_again(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_leaderboard.main(["--check", "--rerun", "1"], docs)
    assert capsys.readouterr().out.count("2 runs agree") == 2
    make_leaderboard.main([], docs)
    page = (docs / "leaderboard.md").read_text()
    assert "| `regularized_evolution (population_size=10)` | 2 |" in page
    assert "awnas search --env awnas/NASBench201-v0" in page


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"reward": 0.99}, "reward is 0.99, the table says 0."),
        ({"test": {"test_accuracy": 0.98}}, "test_accuracy is 0.98, the table says 0."),
        ({"test": {"test_brilliance": 0.98}}, "test_brilliance is 0.98, the table says nan"),
        ({"architecture": "|nor_conv_9x9~0|"}, "seed 0: "),
        ({"fidelity": 1}, "evaluated at fidelity 1, the environment's is 4"),
        ({"trial": "random", "reward": 0.99}, "reward is 0.99, the table says 0."),
        ({"seed": 1}, "a seed is there twice"),
        ({"n": 21}, "found at evaluation 21 of 20"),
    ],
)
def test_a_tampered_score_is_rejected(
    docs: Path, capsys: pytest.CaptureFixture[str], fields: dict[str, Any], what: str
) -> None:
    changed(docs, **fields)
    with pytest.raises(SystemExit, match="1 entries rejected"):
        make_leaderboard.main(["--check"], docs)
    said = capsys.readouterr().out
    assert "random on awnas/NASBench201-v0: rejected" in said
    assert what in said


def test_an_architecture_that_the_agent_did_not_find_is_rejected_by_a_rerun(docs: Path) -> None:
    changed(docs, history_sha256="0" * 64)
    entries = read_entries(docs / "leaderboard")
    assert [finding.wrong for finding in check(entries)] == [[], []]
    first, second = check(entries, rerun=1)
    assert first.wrong == ["seed 0: run again, its history is another"]
    assert second.wrong == []


def test_results_that_cannot_be_asked_for_are_unchecked_and_say_why(docs: Path) -> None:
    (entries,) = read_entries(docs / "leaderboard").values()
    absent, other, drawn = (copy.deepcopy(entries[0]) for _ in range(3))
    absent["environment"]["dataset"] = "cifar10"
    absent["environment"]["id"] = "awnas/NoSuchBench-v0"
    other["table"] = "of another day"
    drawn["environment"]["trial"] = "random"
    drawn["runs"][0]["reward"] = 0.99
    found = list(check({"mine.json": [absent, other, drawn]}, rerun=0))
    assert [finding.wrong for finding in found] == [[], [], []]
    assert [finding.checked for finding in found] == [0, 0, 2]
    reasons = ("No environment named", "its table is 'of another day'", "rewards are of trainings drawn at random")
    for finding, reason in zip(found, reasons, strict=True):
        assert finding.unchecked.startswith(reason)


def test_an_agent_that_is_not_here_is_not_run_again_and_its_scores_are_asked_for(docs: Path) -> None:
    (entries,) = read_entries(docs / "leaderboard").values()
    entries[0]["agent"] = {"name": "of_somebody:Else"}
    (finding,) = check({"mine.json": [entries[0]]}, rerun=1)
    assert (finding.checked, finding.wrong) == (2, [])
    assert finding.unchecked.startswith("not run again: agent 'of_somebody:Else': no module 'of_somebody'")


def test_what_breaks_the_constraint_is_no_result(docs: Path) -> None:
    (entries,) = read_entries(docs / "leaderboard").values()
    limited = copy.deepcopy(entries[0])
    limited["environment"] |= {"objective": "constrained(cost=latency_ms, target=0.101)"}
    (finding,) = check({"mine.json": [limited]})
    assert finding.wrong
    assert all("it breaks the constraint by " in sentence for sentence in finding.wrong)


def test_only_finished_runs_with_an_incumbent_are_results(tmp_path: Path) -> None:
    history = lines(np.array([0.5, 0.6]), np.random.default_rng(0))
    unfinished = write_run(tmp_path / "unfinished", config(), history, finished=False)
    with pytest.raises(RunFolderError, match="has not finished"):
        results_of([unfinished])
    for field in ("gradient", "context"):
        other = write_run(tmp_path / field, config(), [{**line, field: "x"} for line in history])
        with pytest.raises(SettingError, match="no single architecture"):
            results_of([other])
    with pytest.raises(SystemExit, match="has not finished"):
        submit_to_leaderboard.main([str(unfinished), "--out", str(tmp_path / "x.json")])
    assert not (tmp_path / "x.json").exists()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "no results"),
        ("[]", "no results"),
        ('{"schema": 9}', "schema is 9"),
        ('{"schema": 1, "versions": {}, "entries": [{"environment": 1}]}', "environment is 1"),
    ],
)
def test_a_file_that_holds_no_results_is_named(tmp_path: Path, content: str, what: str) -> None:
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(SettingError, match=rf"bad\.json.*{what}"):
        read_entries(tmp_path)


def test_a_run_without_a_reward_is_named(docs: Path) -> None:
    changed(docs, reward=None)
    with pytest.raises(SettingError, match=r"mine\.json: no results: TypeError reward is None"):
        read_entries(docs / "leaderboard")


def test_histories_that_differ_in_a_clock_alone_have_one_hash(tmp_path: Path) -> None:
    history = lines(np.array([0.5, 0.6]), np.random.default_rng(0))
    for name, wall, reward in (("a", 0.1, 0.5), ("b", 0.2, 0.5), ("c", 0.2, 0.4)):
        rows = [{**line, "wall_s": wall} for line in history]
        rows[0]["reward"] = reward
        write_run(tmp_path / name, config(), rows)
    a, b, c = (results_of([tmp_path / name])["entries"][0]["runs"][0]["history_sha256"] for name in "abc")
    assert a == b != c
