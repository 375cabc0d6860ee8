"""Histories in the data format of IOHprofiler: the exact files, and the numbers of the runs in two readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import RunFolderError
from awnas_gym.reporting import find_runs, group_runs, write_ioh
from awnas_gym.reporting.ioh_files import WIDEST
from awnas_gym.spaces.nasbench201 import NASBench201
from tests.reporting.fake_runs import config, lines, write_run, write_sweep

REWARDS = [0.5, 0.25, 0.625, 0.625, 0.75, 0.125]
OPERATIONS = NASBench201().edge_operations
DATA = "data_f1_NASBench201-v0/IOHprofiler_f1_DIM6.dat"


def history() -> list[dict[str, Any]]:
    """Return lines with the rewards above."""
    return lines(np.array(REWARDS), np.random.default_rng(0))


def plain(seed: int = 0, **settings: Any) -> dict[str, Any]:
    """Return a configuration whose environment has no settings."""
    return config(seed=seed, **settings) | {"environment": {"id": "awnas/NASBench201-v0"}}


def blocks(path: Path) -> list[dict[str, list[float]]]:
    """Return each run of a file of numbers: name of a column -> its values."""
    found: list[dict[str, list[float]]] = []
    for line in path.read_text().splitlines():
        words = line.split(" ")
        if words[0] == "evaluations":
            found.append({name: [] for name in words})
        else:
            for name, word in zip(found[-1], words, strict=True):
                found[-1][name].append(float(word))
    return found


def read(folder: Path) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return (agent, environment) -> what the JSON says of each run, and its numbers."""
    found = {}
    for path in sorted(folder.rglob("*.json")):
        about = json.loads(path.read_text())
        (scenario,) = about["scenarios"]
        numbers = blocks(path.parent / scenario["path"])
        runs = [run | {"numbers": block} for run, block in zip(scenario["runs"], numbers, strict=True)]
        found[about["algorithm"]["name"], about["function_name"]] = runs
    return found


def best_so_far(folder: Path, budget: int) -> dict[tuple[str, str, int], float]:
    """Return (agent, environment, run, counted from 1) -> the best reward within a budget, from the run folders."""
    groups, _ = group_runs(find_runs([folder]))
    return {
        (group.label, group.environment, n): float(run.rewards[:budget].max())
        for group in groups
        for n, run in enumerate(group.runs, start=1)
    }


def test_the_files_of_one_run(tmp_path: Path) -> None:
    told = history()
    write_run(tmp_path / "runs", plain(seed=7), told)
    files, notes = write_ioh([tmp_path / "runs"], tmp_path / "ioh")
    home = tmp_path / "ioh" / "1_random"
    assert files == [home / DATA, home / "IOHprofiler_f1_NASBench201-v0.json"]
    assert notes == []
    assert files[0].read_text() == "evaluations raw_y\n1 0.5\n3 0.625\n5 0.75\n6 0.125\n"
    (best,) = (line["architecture"] for line in told if line["reward"] == 0.75)
    about = json.loads(files[1].read_text())
    (run,) = about["scenarios"][0]["runs"]
    assert len(run["best"]["x"]) == 6
    assert best.split("+")[0] == f"|{OPERATIONS[run['best'].pop('x')[0]]}~0|"
    assert about == {
        "version": "0.4.2",
        "suite": "awnas_gym",
        "function_id": 1,
        "function_name": "awnas/NASBench201-v0",
        "maximization": True,
        "algorithm": {"name": "random", "info": '{"name": "random"}'},
        "run_attributes": ["seed"],
        "attributes": ["evaluations", "raw_y"],
        "scenarios": [
            {
                "dimension": 6,
                "path": DATA,
                "runs": [{"instance": 1, "evals": 6, "best": {"evals": 5, "y": 0.75}, "seed": 7}],
            }
        ],
    }


def test_a_sweep_has_a_folder_an_agent_and_the_numbers_of_the_runs(tmp_path: Path) -> None:
    write_sweep(tmp_path / "runs", seeds=3)
    write_ioh([tmp_path / "runs"], tmp_path / "ioh")
    names = ["1_local_search", "2_random", "3_reinforce_random_no_update"]
    assert sorted(path.name for path in (tmp_path / "ioh").iterdir()) == names
    found = read(tmp_path / "ioh")
    for budget in (10, 30, 100):
        told = {
            (agent, environment, n): max(
                reward
                for evaluation, reward in zip(run["numbers"]["evaluations"], run["numbers"]["raw_y"], strict=True)
                if evaluation <= budget
            )
            for (agent, environment), runs in found.items()
            for n, run in enumerate(runs, start=1)
        }
        assert told == best_so_far(tmp_path / "runs", budget)
    groups, _ = group_runs(find_runs([tmp_path / "runs"]))
    for group in groups:
        runs = found[group.label, group.environment]
        assert [run["seed"] for run in runs] == [0, 1, 2]
        for run, source in zip(runs, group.runs, strict=True):
            at = np.array(run["numbers"]["evaluations"], dtype=int) - 1
            assert run["numbers"]["raw_y"] == source.rewards[at].tolist()
            assert run["best"]["y"] == source.rewards.max() == source.rewards[run["best"]["evals"] - 1]


def test_iohinspector_reads_the_numbers_of_the_runs(tmp_path: Path) -> None:
    iohinspector = pytest.importorskip("iohinspector", reason="needs iohinspector: pip install iohinspector")
    write_sweep(tmp_path / "runs", seeds=3)
    write_ioh([tmp_path / "runs"], tmp_path / "ioh")
    manager = iohinspector.DataManager()
    manager.add_folder(str(tmp_path / "ioh"))
    about = manager.overview
    assert set(about["suite"]) == {"awnas_gym"}
    assert set(about["dimension"]) == {6}
    assert all(function.maximization for function in manager.functions)
    keys = ["algorithm_name", "function_name", "run_id"]
    ends = {tuple(row[key] for key in keys): row["best_y"] for row in about.iter_rows(named=True)}
    assert ends == best_so_far(tmp_path / "runs", 100)
    for budget in (10, 30, 100):
        aligned = manager.load(include_columns=list(keys), x_values=[budget])
        told = {tuple(row[key] for key in keys): row["raw_y"] for row in aligned.iter_rows(named=True)}
        assert told == best_so_far(tmp_path / "runs", budget)


def test_what_does_not_count_has_the_lowest_reward_that_does(tmp_path: Path) -> None:
    told = history()
    write_run(tmp_path / "runs" / "0", plain(0), [{**line, "violation": float(line["n"] < 3)} for line in told])
    write_run(tmp_path / "runs" / "1", plain(1), [{**line, "violation": 1.0} for line in told])
    write_run(tmp_path / "runs" / "2", plain(2), [{**line, "fidelity": 1 + (line["n"] > 4)} for line in told])
    files, _ = write_ioh([tmp_path / "runs"], tmp_path / "ioh")
    first, broken, short = blocks(files[0])
    assert first == {"evaluations": [1, 3, 5, 6], "raw_y": [0.125, 0.625, 0.75, 0.125]}
    assert broken == {"evaluations": [1, 6], "raw_y": [0.125, 0.125]}
    assert short == {"evaluations": [1, 5, 6], "raw_y": [0.125, 0.75, 0.125]}
    runs = json.loads(files[1].read_text())["scenarios"][0]["runs"]
    assert [(run["best"]["evals"], run["best"]["y"]) for run in runs] == [(5, 0.75), (1, 0.125), (5, 0.75)]


def test_other_runs_are_left_out_with_a_sentence(tmp_path: Path) -> None:
    vectors = [{**line, "reward": [1.0 - line["n"] / 10, -1.0 / line["n"]]} for line in history()]
    write_run(tmp_path / "runs" / "vectors", config("genetic"), vectors, finished=False)
    with pytest.raises(
        RunFolderError, match=r"no run to write for IOHprofiler\. Left out, rewards are vectors: genetic on"
    ):
        write_ioh([tmp_path / "runs"], tmp_path / "ioh")
    write_run(tmp_path / "runs" / "nowhere", config("nowhere") | {"space": {"name": "nasbench2001"}}, history())
    broken = [{**line, "violation": 1.0} for line in history()]
    write_run(tmp_path / "runs" / "nothing", config("nothing", dataset="cifar10"), broken)
    write_run(tmp_path / "runs" / "told", config(), [*broken[:1], *history()[1:]])
    (numbers, _), notes = write_ioh([tmp_path / "runs"], tmp_path / "ioh")
    assert blocks(numbers)[0]["raw_y"][0] == 0.125, "no hypervolume is the lowest reward"
    assert [path.name for path in (tmp_path / "ioh").iterdir()] == ["1_random"]
    for agent, why in (
        ("genetic", "rewards are vectors"),
        ("nowhere", "named 'nasbench2001'"),
        ("nothing", "no evaluation in the environment counts"),
    ):
        assert sum(f": {agent} on awnas/NASBench201-v0" in note and why in note for note in notes) == 1, notes
    assert len(notes) == 3


def test_the_same_runs_are_written_again_and_others_are_not_mixed_with_them(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "a", plain(), history())
    files, _ = write_ioh([tmp_path / "runs"], tmp_path / "ioh")
    before = [path.read_bytes() for path in files]
    assert write_ioh([tmp_path / "runs"], tmp_path / "ioh")[0] == files
    assert [path.read_bytes() for path in files] == before
    write_run(tmp_path / "others" / "a", config("genetic"), history())
    with pytest.raises(
        RunFolderError, match=r"holds 1_random.IOHprofiler_f1_NASBench201-v0\.json, which is no file of these"
    ):
        write_ioh([tmp_path / "others"], tmp_path / "ioh")
    assert sorted(path for path in (tmp_path / "ioh").rglob("*") if path.is_file()) == sorted(files)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "a", plain(), history())
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match=r"cannot write .*file"):
        write_ioh([tmp_path / "runs"], tmp_path / "file")
    assert (tmp_path / "file").read_text() == ""


def test_long_labels_have_files_too(tmp_path: Path) -> None:
    for n in range(2):
        settings = {f"a_setting_with_a_long_name_{i}": n for i in range(12)}
        about = plain(**settings) | {"environment": {"id": "awnas/NASBench201-v0", **settings}}
        write_run(tmp_path / "runs" / str(n), about, history())
    files, _ = write_ioh([tmp_path / "runs"], tmp_path / "ioh")
    assert len({path.relative_to(tmp_path / "ioh").parts[0] for path in files}) == 2
    assert max(len(path.name) for path in files) < WIDEST + len("IOHprofiler_f1_.json") + 1
    assert len(read(tmp_path / "ioh")) == 2
