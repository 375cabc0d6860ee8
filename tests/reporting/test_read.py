"""Reading run folders: whole, unfinished and broken ones; and which of them belong together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.errors import RunFolderError
from awnas_gym.reporting import find_runs, group_runs, read_run
from tests.reporting.fake_runs import config, lines, rising, write_group, write_run


def history(n: int = 5, *, cost: bool = True) -> list[dict]:
    rng = np.random.default_rng(0)
    return lines(rising(rng, n, 1.0), rng, cost=cost)


def test_runs_are_found_at_any_depth_once(tmp_path: Path) -> None:
    write_group(tmp_path / "deep" / "er", "random", seeds=2, skill=0.0)
    write_run(tmp_path / "near", config("local_search"), history())
    runs = find_runs([tmp_path, tmp_path / "near", tmp_path / "deep"])
    assert sorted((run.agent, run.seed) for run in runs) == [("local_search", 0), ("random", 0), ("random", 1)]


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = history()
    run = read_run(write_run(tmp_path / "run", config(seed=7), written))
    assert (run.seed, run.agent, run.environment) == (7, "random", "awnas/NASBench201-v0")
    assert run.rewards.tolist() == [line["reward"] for line in written]
    assert run.metric("latency_ms").tolist() == [line["metrics"]["latency_ms"] for line in written]
    assert run.incumbent.reward == max(line["reward"] for line in written)
    assert run.clock_s is not None
    assert run.clock_s.tolist() == np.cumsum([line["cost_s"] for line in written]).tolist()


def test_a_cut_off_last_line_is_ignored_at_every_byte(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", config(), history(3), finished=False)
    whole = (folder / "history.jsonl").read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(ends[1], ends[2] + 1):
        (folder / "history.jsonl").write_bytes(whole[:size])
        assert len(read_run(folder).evaluations) == (3 if size >= ends[2] - 1 else 2)


def test_a_broken_line_in_the_middle_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", config(), history(3))
    rows = (folder / "history.jsonl").read_text().splitlines()
    (folder / "history.jsonl").write_text("\n".join([rows[0], rows[1][:20], rows[2]]) + "\n")
    with pytest.raises(RunFolderError, match=r"history\.jsonl: line 2 is no evaluation"):
        read_run(folder)
    del (incomplete := json.loads(rows[1]))["reward"]
    (folder / "history.jsonl").write_text("\n".join([rows[0], json.dumps(incomplete)]) + "\n")
    with pytest.raises(RunFolderError, match="line 2 is no evaluation: 'reward' is missing"):
        read_run(folder)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: [", "no YAML"),
        ("- 1", "a configuration is a mapping; got list"),
        ("agent: {name: random}\nseed: 0", "environment.id is missing"),
        ("environment: {id: x}\nagent: random\nseed: 0", "agent.name is missing"),
        ("environment: {id: x}\nagent: {name: random}", "seed is missing"),
    ],
)
def test_a_broken_configuration_is_named(tmp_path: Path, text: str, what: str) -> None:
    folder = write_run(tmp_path / "run", config(), history())
    (folder / "config.yaml").write_text(text)
    with pytest.raises(RunFolderError, match=rf"config\.yaml: {what}"):
        read_run(folder)


def test_a_broken_summary_is_named(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", config(), history())
    (folder / "summary.json").write_text("{")
    with pytest.raises(RunFolderError, match=r"summary\.json: no JSON"):
        read_run(folder)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="nowhere: no such folder"):
        find_runs([tmp_path / "nowhere"])
    with pytest.raises(RunFolderError, match="no run in or below it"):
        find_runs([tmp_path])
    folder = write_run(tmp_path / "run", config(), history())
    (folder / "config.yaml").unlink()
    with pytest.raises(RunFolderError, match=r"config\.yaml: cannot be read: No such file"):
        find_runs([folder])


def test_costs_that_were_not_recorded_are_not_invented(tmp_path: Path) -> None:
    assert read_run(write_run(tmp_path / "none", config(), history(cost=False))).clock_s is None
    some = history()
    del some[2]["cost_s"]
    assert read_run(write_run(tmp_path / "some", config(), some)).clock_s is None


def test_seeds_make_a_group_and_settings_its_label(tmp_path: Path) -> None:
    for name, about in {
        "a": config("evolution", 1, population=10),
        "b": config("evolution", 0, population=10),
        "c": config("evolution", 0, population=50, tournament=5),
        "d": config("random", 0),
    }.items():
        write_run(tmp_path / name, about, history())
    groups, notes = group_runs(find_runs([tmp_path]))
    assert [(group.label, [run.seed for run in group.runs]) for group in groups] == [
        ("evolution (population=10, tournament=default)", [0, 1]),
        ("evolution (population=50, tournament=5)", [0]),
        ("random", [0]),
    ]
    assert notes == []


def test_budgets_that_differ_are_in_the_label(tmp_path: Path) -> None:
    write_run(tmp_path / "a", config(evaluations=100), history())
    write_run(tmp_path / "b", config(evaluations=200), history())
    assert [g.label for g in group_runs(find_runs([tmp_path]))[0]] == [
        "random (evaluations=100)",
        "random (evaluations=200)",
    ]


def test_copies_and_empty_runs_are_left_out_and_said(tmp_path: Path) -> None:
    for name in ("a", "copy"):
        write_run(tmp_path / name, config(), history())
    write_run(tmp_path / "empty", config(seed=1), [], finished=False)
    groups, notes = group_runs(find_runs([tmp_path]))
    assert [len(group.runs) for group in groups] == [1]
    assert len(notes) == 2
    assert "no evaluation" in notes[0]
    assert "same configuration and seed" in notes[1]
    assert "copy" in notes[1]


LINE = {"n": 2, "architecture": "a", "arch_key": "a", "reward": 0.5, "metrics": {"valid_accuracy": 0.5}, "cost_s": 1.0}
WRONG_NUMBERS = ("1" * 400, "1" * 5000, "Infinity", "-Infinity", "1e999", '"x"', "[]", "true", "[" * 50000)


@pytest.mark.parametrize(
    "line",
    [
        *("5", "[]", "null", '"x"', "NaN", "[" * 50000, '{"n":' * 50000),
        *(json.dumps({**LINE, "metrics": wrong}) for wrong in (5, [], None, {"valid_accuracy": "x"})),
        *(
            json.dumps({**LINE, name: "?"}).replace('"?"', wrong)
            for name in ("n", "reward", "cost_s")
            for wrong in WRONG_NUMBERS
        ),
        json.dumps({**LINE, "n": None}),
        json.dumps({**LINE, "n": float("nan")}),
        json.dumps({**LINE, "metrics": {"valid_accuracy": "?"}}).replace('"?"', "Infinity"),
    ],
    ids=lambda line: line[-60:],
)
def test_a_line_of_the_wrong_shape_is_named(tmp_path: Path, line: str) -> None:
    folder = write_run(tmp_path / "run", config(), history(1))
    with (folder / "history.jsonl").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(RunFolderError, match=r"history\.jsonl: line 2 is no evaluation") as caught:
        read_run(folder)
    assert len(str(caught.value)) < 300 + len(str(folder))


@pytest.mark.parametrize(
    ("summary", "what"),
    [
        *((text, "") for text in ("5", "[]", "NaN", "[" * 50000, '{"agent_s": ' + "1" * 5000 + "}")),
        ('{"reference": "x"}', "reference is 'x'; it should be a mapping"),
        ('{"reference": {"best": "x"}}', "reference.best is 'x'; it should be a number"),
        ('{"reference": {"best": Infinity}}', "reference.best is inf"),
        ('{"reference": {"mean_random": [1]}}', "reference.mean_random"),
        ('{"reference": {"best": 1, "metric": "valid_acuracy"}}', "reference.metric is 'valid_acuracy'; legal: reward"),
        ('{"reference": {"best": 1, "metric": ["x"]}}', "reference.metric is"),
        ('{"incumbent": 5}', "incumbent is 5; it should be a mapping"),
        ('{"incumbent": {"n": "x"}}', "incumbent.n is 'x'"),
        ('{"incumbent": {"report": [1]}}', "incumbent.report is"),
        ('{"incumbent": {"report": {"test_accuracy": "x"}}}', "incumbent.report.test_accuracy is 'x'"),
        ('{"agent_s": ' + "1" * 400 + "}", "agent_s is 1111"),
        ('{"policy_updates": "x"}', "policy_updates is 'x'"),
    ],
    ids=lambda text: text[:60],
)
def test_a_summary_of_the_wrong_shape_is_named(tmp_path: Path, summary: str, what: str) -> None:
    folder = write_run(tmp_path / "run", config(), history(2))
    (folder / "summary.json").write_text(summary)
    with pytest.raises(RunFolderError, match=r"summary\.json: ") as caught:
        read_run(folder)
    assert what in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(folder))


@pytest.mark.parametrize("text", ["[" * 5000, "a: 2020-99-99", "environment: {id: x}\nagent: {name: a}\nseed: true"])
def test_a_hostile_configuration_is_named(tmp_path: Path, text: str) -> None:
    folder = write_run(tmp_path / "run", config(), history(1))
    (folder / "config.yaml").write_text(text)
    with pytest.raises(RunFolderError, match=r"config\.yaml: "):
        read_run(folder)
