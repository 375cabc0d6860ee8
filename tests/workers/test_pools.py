"""Pools do every job once, whoever dies meanwhile."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from awnas_gym.errors import MissingExtraError, SettingError, TrainingError, UnknownNameError, WorkerError
from awnas_gym.workers import Here, Processes, make_pool
from tests.workers import jobs
from tests.workers.test_plain import alive

ROOT = Path(__file__).resolve().parents[2]


def ray_pool(*args: Any, **keywords: Any) -> Any:
    pytest.importorskip("ray", reason="needs the extra [ray]")
    return make_pool("ray", *args, **keywords)


@pytest.fixture(scope="module", autouse=True)
def stop_ray() -> Any:
    yield
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()


MORTAL = [pytest.param(Processes, id="processes"), pytest.param(ray_pool, id="ray")]
KINDS = [pytest.param(Here, id="here"), *MORTAL]


@pytest.mark.parametrize("kind", KINDS)
def test_every_job_is_done_once(kind: Any) -> None:
    with kind(jobs.double, workers=2) as pool:
        for _ in range(2):  # the workers stay
            found = list(pool.run(range(7)))
            assert sorted(found) == [(i, 2 * i) for i in range(7)]
        assert list(pool.run([])) == []


@pytest.mark.parametrize("kind", KINDS)
def test_errors_arrive_and_the_next_run_is_as_any(kind: Any) -> None:
    with kind(jobs.fail, workers=2) as pool:
        with pytest.raises(TrainingError, match="the loss of job 2 is nan"):
            list(pool.run([2, 1]))
        assert sorted(pool.run([0, 1, 5])) == [(0, 0), (1, 1), (2, 5)]


@pytest.mark.parametrize("kind", MORTAL)
def test_errors_that_are_not_ours_say_the_job_and_the_place(kind: Any) -> None:
    message = r"job 3: KeyError: 'three' \(jobs.py:\d+ in fail\)"
    with kind(jobs.fail, workers=1, describe="job {}".format) as pool, pytest.raises(WorkerError, match=message):
        list(pool.run([3]))


@pytest.mark.parametrize("kind", MORTAL)
def test_a_worker_that_is_killed_costs_one_retry(kind: Any, tmp_path: Path) -> None:
    given = [(str(tmp_path / "a"), 0), (str(tmp_path / "b"), 1), (str(tmp_path / "c"), 0)]
    with kind(jobs.die, workers=2, describe=jobs.describe) as pool:
        found = sorted(pool.run(given))
    assert [(number, attempts) for number, (attempts, _) in found] == [(0, 0), (1, 1), (2, 0)]
    assert os.getpid() not in {process for _, (_, process) in found}


@pytest.mark.parametrize("kind", MORTAL)
def test_the_second_death_over_a_job_names_it(kind: Any, tmp_path: Path) -> None:
    given = [(str(tmp_path / "fine"), 0), (str(tmp_path / "deadly"), 9)]
    with kind(jobs.die, workers=2, describe=jobs.describe) as pool:
        with pytest.raises(WorkerError, match=r"2 workers died over deadly \((killed by signal 9|Ray says: .+)\)"):
            list(pool.run(given))
        assert (tmp_path / "deadly").read_text() == "xx"
        assert [number for number, _ in pool.run([(str(tmp_path / "later"), 0)])] == [0]


@pytest.mark.parametrize("kind", MORTAL)
def test_a_job_that_is_lost_may_have_a_result_of_its_own(kind: Any, tmp_path: Path) -> None:
    given = [
        (str(tmp_path / "a"), 0),
        (str(tmp_path / "deadly"), 9),
        (str(tmp_path / "c"), 0),
        (str(tmp_path / "d"), 0),
    ]
    with kind(jobs.die, workers=2, describe=jobs.describe) as pool:
        found = dict(pool.run(given, lost=lambda job, error: (Path(job[0]).name, str(error))))
    assert sorted(found) == [0, 1, 2, 3]
    assert found[1][0] == "deadly"
    assert "2 workers died over deadly" in found[1][1]


def test_processes_stay_and_end_when_closed() -> None:
    pool = Processes(jobs.pid, workers=2)
    first, second = ({process for _, process in pool.run(range(6))} for _ in range(2))
    assert first == second
    assert len(first) == 2
    pool.close()
    assert not any(alive(process) for process in first)
    assert {process for _, process in pool.run(range(6))}.isdisjoint(first)
    pool.close()


def test_what_nobody_waits_for_is_given_up(tmp_path: Path) -> None:
    with Processes(time.sleep, workers=2) as pool:
        iteration = pool.run([0, 60, 60])
        assert next(iteration) == (0, None)
        iteration.close()
        assert list(pool.run([0])) == [(0, None)]


def test_a_script_that_starts_workers_while_it_is_imported_is_told_so(tmp_path: Path) -> None:
    script = "from awnas_gym.workers import Processes\nprint(list(Processes(abs, workers=2).run([1, -2])))\n"
    (tmp_path / "script.py").write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(tmp_path / "script.py")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 1
    assert re.search(r"2 workers died over (1|-2) \(exit code 1 while it started: ", done.stderr.splitlines()[-1])
    assert "__name__ == '__main__'" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("workers", [0, True, 1.5])
def test_workers_are_a_whole_number(workers: Any) -> None:
    with pytest.raises(SettingError, match="workers is a whole number from 1"):
        Processes(abs, workers=workers)


def workers_within(job: int) -> str:
    """Return what a worker is told that wants workers."""
    try:
        Processes(abs, workers=job)
    except SettingError as error:
        return str(error)
    return "nothing"


def test_workers_have_no_workers() -> None:
    with Processes(workers_within, workers=1) as pool:
        assert list(pool.run([2])) == [(0, "workers=2 within a worker: there would be too many; give workers to the "
                                           "whole or to its parts")]  # fmt: skip


def test_pools_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(make_pool("processes", abs, workers=1), Here)
    assert isinstance(make_pool("processes", abs, workers=2), Processes)
    with pytest.raises(UnknownNameError, match="Did you mean 'processes'"):
        make_pool("process", abs, workers=2)
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "awnas_gym.workers.ray_actors", raising=False)
    with pytest.raises(MissingExtraError, match=r"awnas-gym\[ray\]"):
        make_pool("ray", abs, workers=2)
