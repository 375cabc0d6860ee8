"""`awnas benchmark` as a user types it."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.process import AWNAS, environment


@pytest.fixture
def mine(tmp_path: Path, tiny: str) -> str:
    content = {
        "environments": [{"id": "awnas/NASBench201-v0", "dataset": tiny}],
        "agents": [{"name": "random"}, {"name": "genetic", "population_size": 5}],
        "budget": {"evaluations": 20},
        "seeds": 2,
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(content))
    return "mine.yaml"


def finished(folder: Path) -> int:
    return len(list(folder.rglob("summary.json")))


def test_run_and_again(awnas: Any, mine: str, tmp_path: Path) -> None:
    done = awnas("benchmark", mine, "--workers", "2")
    assert "genetic" in done.stdout
    assert finished(tmp_path / "runs" / "mine") == 4
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("history.jsonl")}
    awnas("benchmark", mine, "--seeds", "3", "--agent", "genetic")
    assert finished(tmp_path / "runs" / "mine") == 5
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())
    config = next((tmp_path / "runs" / "mine").rglob("genetic/seed-0002-*/config.yaml"))
    assert yaml.safe_load(config.read_text())["agent"] == {"name": "genetic", "population_size": 5}


def test_a_list_of_jobs(awnas: Any, mine: str, tmp_path: Path) -> None:
    lines = awnas("benchmark", mine, "--evaluations", "15", "--list").stdout.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("awnas benchmark runs/mine/suite.yaml --out runs/mine --job ") for line in lines)
    awnas(*lines[2].split()[1:])
    assert finished(tmp_path / "runs" / "mine") == 1
    assert len(awnas("benchmark", mine, "--evaluations", "15", "--list").stdout.splitlines()) == 3
    summary = json.loads(next((tmp_path / "runs").rglob("genetic/*/summary.json")).read_text())
    assert summary["evaluations"] == 15


def test_an_id_stands_for_all_that_the_suite_has_of_it(awnas: Any, mine: str, tmp_path: Path) -> None:
    content = yaml.safe_load((tmp_path / mine).read_text())
    content["environments"] += [{**content["environments"][0], "trial": "random"}]
    (tmp_path / mine).write_text(yaml.safe_dump(content))
    again = ("--agent", "random", "--agent", "random", "--evaluations", "2", "--seeds", "1")
    awnas("benchmark", mine, *again, "--env", "awnas/NASBench201-v0")
    configs = [yaml.safe_load(path.read_text()) for path in (tmp_path / "runs").rglob("config.yaml")]
    trials = sorted(config["environment"].get("trial", "mean") for config in configs)
    assert trials == ["mean", "random"]


def test_what_cannot_be_run_is_not_listed_and_hinders_no_job(awnas: Any, mine: str, tmp_path: Path) -> None:
    content = yaml.safe_load((tmp_path / mine).read_text())
    content["agents"] += [{"name": "nsga2"}, {"name": "genetc"}]
    (tmp_path / mine).write_text(yaml.safe_dump(content))
    done = awnas("benchmark", mine, "--evaluations", "2", "--list")
    assert "Did you mean 'genetic'" in done.stderr
    assert len(done.stdout.splitlines()) == 4
    awnas(*done.stdout.splitlines()[0].split()[1:])
    assert finished(tmp_path / "runs" / "mine") == 1


def test_a_part_that_is_there_twice_is_one(awnas: Any, mine: str, tmp_path: Path) -> None:
    content = yaml.safe_load((tmp_path / mine).read_text())
    content["agents"] = [{"name": "random"}] * 2
    (tmp_path / mine).write_text(yaml.safe_dump(content))
    awnas("benchmark", mine, "--evaluations", "2")
    assert finished(tmp_path / "runs" / "mine") == 2
    key = next((tmp_path / "runs").rglob("config.yaml")).parent.name.rpartition("-")[2]
    awnas("benchmark", mine, "--evaluations", "2", "--job", key, "--job", key)


def test_what_cannot_be_run_is_said_and_the_rest_runs(awnas: Any, mine: str, tmp_path: Path) -> None:
    done = awnas("benchmark", mine, "--agent", "random", "--agent", "nsga2", code=1)
    assert "left out" in done.stderr
    assert "nsga2 on awnas/NASBench201-v0 dataset=" in done.stderr
    assert "2 of 4 runs failed" in done.stderr
    done = awnas("benchmark", mine, "--env", "awnas/NASBench20-v0", code=1)
    assert "Did you mean 'awnas/NASBench201-v0'" in done.stderr
    assert "all agents on awnas/NASBench20-v0" in done.stderr
    assert finished(tmp_path / "runs" / "mine") == 2


def test_what_another_process_does_is_left_to_it(awnas: Any, mine: str, tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl", reason="file locks need fcntl")
    awnas("benchmark", mine, "--evaluations", "3")
    here = next((tmp_path / "runs").rglob("genetic/seed-0001-*/history.jsonl"))
    (here.parent / "summary.json").unlink()
    with here.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = awnas("benchmark", mine, "--evaluations", "3")
    assert "1 of 4 runs are left to another process" in done.stderr
    assert "failed" not in done.stderr
    assert finished(tmp_path / "runs" / "mine") == 3
    awnas("benchmark", mine, "--evaluations", "3")
    assert finished(tmp_path / "runs" / "mine") == 4


def test_a_killed_benchmark_goes_on(mine: str, tmp_path: Path) -> None:
    arguments = [*AWNAS, "benchmark", mine, "--seeds", "4", "--evaluations", "400", "--agent", "random"]
    first = subprocess.Popen(arguments, cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL)
    out = tmp_path / "runs" / "mine"
    deadline = time.monotonic() + 60
    while not finished(out) and time.monotonic() < deadline:
        time.sleep(0.005)
    first.send_signal(signal.SIGKILL)
    first.wait()
    left = 4 - finished(out)
    assert left > 0
    subprocess.run(arguments, cwd=tmp_path, env=environment(), check=True, capture_output=True, timeout=120)
    assert finished(out) == 4
    assert all(len(path.read_text().splitlines()) == 400 for path in out.rglob("history.jsonl"))


def test_without_a_suite_and_with_a_wrong_key(awnas: Any, mine: str) -> None:
    assert "quick" in awnas("benchmark", code=2).stderr
    assert "Did you mean 'quick'" in awnas("benchmark", "quik", code=1).stderr
    assert "No job named 'abc'" in awnas("benchmark", mine, "--job", "abc", code=1).stderr
    assert "quick" in awnas("list", "suites").stdout
