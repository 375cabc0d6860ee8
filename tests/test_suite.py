"""Suites: their jobs, what cannot be run, and that results depend on the configuration alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from awnas_gym.agents import AGENTS
from awnas_gym.catalog import ENVIRONMENTS
from awnas_gym.errors import AwnasError, MissingExtraError, RunFolderError, SettingError, UnknownNameError
from awnas_gym.search import Run, run
from awnas_gym.suite import Suite, find_suite, job_key, read_suite, shipped
from awnas_gym.sweep import run_jobs

BUDGET = {"evaluations": 25}


def suite(tiny: str, **keywords: Any) -> Suite:
    environments = [{"id": "awnas/NASBench201-v0", "dataset": tiny, "trial": trial} for trial in ("mean", "random")]
    agents = [{"name": "random"}, {"name": "genetic", "population_size": 5}]
    given = {"environments": environments, "agents": agents, "budget": BUDGET, "seeds": 2}
    return Suite(**{**given, **keywords})


def histories(folder: Path) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for path in sorted(folder.rglob("history.jsonl")):
        records = [json.loads(line) | {"wall_s": 0.0} for line in path.read_text().splitlines()]
        found[str(path.parent.relative_to(folder))] = records
    return found


def test_jobs_are_keyed_by_their_configuration(tiny: str) -> None:
    jobs = suite(tiny).jobs()
    assert len(jobs) == len({job_key(config) for config in jobs.values()}) == 8
    name, config = next(iter(jobs.items()))
    assert name == f"NASBench201-v0/random/seed-0000-{job_key(config)}"
    assert set(suite(tiny, seeds=3).jobs()) > set(jobs)  # a suite that grew keeps what it had
    assert not set(suite(tiny, budget={"evaluations": 26}).jobs()) & set(jobs)
    assert not set(suite(tiny, simulated_workers=2).jobs()) & set(jobs)


def test_the_key_of_a_run_never_changes() -> None:
    config = Run(environment={"id": "awnas/NASBench201-v0"}, agent={"name": "random"}, budget={"evaluations": 300})
    assert job_key(config) == "4916b4cfa9a4"


def test_one_worker_and_several_give_the_same(tiny: str, tmp_path: Path) -> None:
    for workers in (1, 3):
        results = dict(run_jobs(suite(tiny).jobs(), tmp_path / str(workers), workers=workers))
        assert len(results) == 8
        assert not any(isinstance(result, AwnasError) for result in results.values())
    assert histories(tmp_path / "1") == histories(tmp_path / "3")


def test_what_another_process_finished_meanwhile_is_left_as_it_is(tiny: str, tmp_path: Path) -> None:
    jobs = dict(list(suite(tiny).jobs().items())[:2])
    results = run_jobs(jobs, tmp_path)
    next(results)
    name, config = list(jobs.items())[1]
    other = run(config, tmp_path / name).summary
    assert next(results) == (name, other)
    assert json.loads((tmp_path / name / "summary.json").read_text()) == other


def test_ray_gives_the_same(tiny: str, tmp_path: Path) -> None:
    ray = pytest.importorskip("ray", reason="needs the extra [ray]")
    jobs = suite(tiny, seeds=1).jobs()
    try:
        assert len(dict(run_jobs(jobs, tmp_path / "ray", workers=2, pool="ray"))) == 4
    finally:
        ray.shutdown()
    assert len(dict(run_jobs(jobs, tmp_path / "here"))) == 4
    assert histories(tmp_path / "ray") == histories(tmp_path / "here")


def test_what_is_finished_is_not_run_again(tiny: str, tmp_path: Path) -> None:
    jobs = suite(tiny).jobs()
    some = dict(list(jobs.items())[:3])
    assert len(list(run_jobs(some, tmp_path))) == 3
    assert [name for name, _ in run_jobs(jobs, tmp_path)] == list(jobs)[3:]


def test_a_job_that_fails_is_reported_and_the_others_go_on(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genetic = AGENTS.load("genetic")

    def breaks(self: Any, *args: Any) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(genetic, "_tell", breaks)
    results = dict(run_jobs(suite(tiny).jobs(), tmp_path))
    failed = {name for name, result in results.items() if isinstance(result, AwnasError)}
    assert failed == {name for name in results if "/genetic/" in name}
    assert "a bug" in str(results[min(failed)])


def test_pairs_that_cannot_be_run_are_known_before(tiny: str) -> None:
    agents = [{"name": "random"}, {"name": "darts"}, {"name": "genetic", "population_size": 0}]
    environments = [{"id": "awnas/NASBench201-v0", "dataset": tiny}, {"id": "awnas/NASBench101-v0"}]
    plan = suite(tiny, agents=agents, environments=environments)
    assert set(plan.problems()) == {1, 2, 3, 4, 5}
    assert "population_size" in str(plan.problems()[2])
    assert "awnas data" in str(plan.problems()[3])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"environments": []}, "environments is a list of mappings, one at least"),
        ({"agents": ["random"]}, "each with 'name'"),
        ({"seeds": 0}, "seeds is a whole number from 1; got 0"),
    ],
)
def test_wrong_suites(tiny: str, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        suite(tiny, **wrong)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_suites(name: str) -> None:
    plan = read_suite(name)
    assert plan.summary
    assert {agent["name"] for agent in plan.agents} <= set(AGENTS)
    assert {environment["id"] for environment in plan.environments} <= set(ENVIRONMENTS)
    try:
        jobs = plan.jobs()
    except MissingExtraError as error:
        pytest.skip(str(error))
    assert len(jobs) == len(plan.environments) * len(plan.agents) * plan.seeds


def test_unknown_suites() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'quick'"):
        find_suite("quik")


def test_a_damaged_folder_fails_alone(tiny: str, tmp_path: Path) -> None:
    jobs = suite(tiny, seeds=1).jobs()
    assert len(dict(run_jobs(jobs, tmp_path))) == 4
    damaged, missing = list(jobs)[:2]
    (tmp_path / damaged / "config.yaml").write_text("seed: [")
    (tmp_path / missing / "summary.json").unlink()
    results = dict(run_jobs(jobs, tmp_path))
    assert set(results) == {damaged, missing}
    assert isinstance(results[damaged], RunFolderError)
    assert isinstance(results[missing], dict)
