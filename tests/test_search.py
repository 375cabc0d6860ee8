"""Runs: budgets, summaries, bad configurations, and resume for every agent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.agents import AGENTS, CONSTRAINED_AGENTS, RELAXED_AGENTS, VECTOR_AGENTS
from awnas_gym.agents.random_search import RandomSearch
from awnas_gym.errors import AwnasError, MissingExtraError, RunFolderError, SettingError, UnknownNameError
from awnas_gym.search import Run, check_config, is_finished, run
from awnas_gym.suite import job_key
from awnas_gym.sweep import Sweep, read_sweep, run_sweep
from tests.small_agents import SMALL
from tests.tiny_table import write_tiny_table

BUDGET = {"evaluations": 40}
LIMITED = "constrained(target=0.15)"
"""Half of the tiny table's architectures keep it."""


def config(tiny: str, agent: str = "random", **keywords: Any) -> Run:
    environment = {"id": "awnas/NASBench201-v0", "dataset": tiny, **keywords.pop("environment", {})}
    if agent in VECTOR_AGENTS:
        environment |= {"id": "awnas/NASBench201-MO-v0", "objectives": "accuracy,latency_ms"}
    if agent in CONSTRAINED_AGENTS:
        environment.setdefault("objective", LIMITED)
    return Run(
        **{"environment": environment, "agent": {"name": agent, **SMALL.get(agent, {})}, "budget": BUDGET, **keywords}
    )


def comparable(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in record.items() if key != "wall_s"} for record in records]


def available(agent: str) -> str:
    try:
        AGENTS.load(agent)
    except MissingExtraError as error:
        pytest.skip(str(error))
    return agent


@pytest.mark.parametrize("agent", sorted(set(AGENTS) - RELAXED_AGENTS))
@pytest.mark.parametrize("cut", [0, 5000])
def test_resume_gives_the_history_of_an_unbroken_run(tiny: str, tmp_path: Path, agent: str, cut: int) -> None:
    whole = run(config(tiny, available(agent)), tmp_path / "whole")
    assert len(whole.records) == 40
    run(config(tiny, agent), tmp_path / "cut")
    path = tmp_path / "cut" / "history.jsonl"
    path.write_bytes(path.read_bytes()[:cut])
    (tmp_path / "cut" / "summary.json").unlink()
    resumed = run(config(tiny, agent), tmp_path / "cut")
    assert comparable(resumed.records) == comparable(whole.records)
    assert [json.loads(line) for line in path.read_text().splitlines()] == resumed.records


@pytest.mark.parametrize("agent", sorted(set(AGENTS) - RELAXED_AGENTS))
def test_seeds_decide_the_history(tiny: str, agent: str) -> None:
    first, again, other = (run(config(tiny, available(agent), seed=seed)).records for seed in (1, 1, 2))
    assert comparable(first) == comparable(again)
    assert comparable(first) != comparable(other)


def test_summary(tiny: str, tmp_path: Path) -> None:
    outcome = run(config(tiny, environment={"action_mode": "joint"}), tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary == outcome.summary
    best = max(outcome.records, key=lambda record: record["reward"])
    assert summary["incumbent"]["architecture"] == best["architecture"]
    assert summary["incumbent"]["n"] == best["n"]
    assert {"valid_accuracy", "test_accuracy", "latency_ms"} <= set(summary["incumbent"]["report"])
    assert summary["evaluations"] == 40
    assert summary["unique"] == len({record["arch_key"] for record in outcome.records})
    assert summary["cost_s"] == pytest.approx(sum(record["cost_s"] for record in outcome.records))
    assert summary["reference"]["best"] >= best["reward"]


def test_budget_in_seconds(tiny: str) -> None:
    outcome = run(config(tiny, budget={"cost_s": 100.0}))
    assert 80 < sum(record["cost_s"] for record in outcome.records) <= 100


def test_policy_updates_of_sb3_within_300_evaluations(tiny: str) -> None:
    for agent in ("sb3_ppo", "sb3_a2c", "sb3_dqn", "sb3_maskable_ppo"):
        summary = run(config(tiny, available(agent), budget={"evaluations": 300})).summary
        assert summary["evaluations"] == 300
        assert summary["policy_updates"] >= 10


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"agent": {"name": "randm"}}, UnknownNameError, "Did you mean 'random'"),
        ({"agent": {"name": "random", "population": 3}}, SettingError, "agent random: No setting named 'population'"),
        ({"agent": "random"}, SettingError, "agent is a mapping with 'name'"),
        ({"agent": {"name": "regularized_evolution", "population_size": "many"}}, SettingError, "population_size"),
        ({"environment": {"id": "awnas/NASBench21-v0"}}, UnknownNameError, "Did you mean 'awnas/NASBench201-v0'"),
        (
            {"environment": {"id": "awnas/NASBench201-v0", "actoin_mode": "joint"}},
            SettingError,
            "Did you mean 'action_mode'",
        ),
        ({"budget": {"evaluations": "many"}}, SettingError, "evaluations is 'many'; it should be int"),
        ({"budget": {"evals": 3}}, SettingError, "Did you mean 'evaluations'"),
        ({"budget": {}}, SettingError, "a budget is evaluations, cost_s or simulated_s"),
        ({"seed": -1}, SettingError, "seed is a whole number from 0"),
        ({"agent": {"name": "random", "seed": 3}}, SettingError, r"No setting named 'seed'\. Known: batch\."),
    ],
)
def test_bad_configurations(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    base: dict[str, Any] = {
        "environment": {"id": "awnas/NASBench201-v0"},
        "agent": {"name": "random"},
        "budget": BUDGET,
    }
    with pytest.raises(error, match=message):
        run(Run(**{**base, **keywords}))


@pytest.mark.parametrize("budget", [{"cost_s": 9.0}, {"evaluations": 9, "cost_s": 9.0}, {"simulated_s": 9.0}])
def test_no_budget_in_seconds_where_nobody_knows_them(tmp_path: Path, budget: dict[str, Any]) -> None:
    table = str(write_tiny_table(tmp_path / "free.awnas", costs=0))
    assert run(config(table, budget={"evaluations": 3})).summary["cost_s"] is None
    with pytest.raises(SettingError, match=r"does not know what an evaluation costs|need a table that says"):
        run(config(table, budget=budget))


def test_missing_records_take_the_mean_of_a_budget_in_seconds(tmp_path: Path) -> None:
    table = str(write_tiny_table(tmp_path / "half.awnas", costs=0.5))
    outcome = run(config(table, budget={"cost_s": 400.0}))
    recorded = [record["cost_s"] for record in outcome.records if record["cost_s"] is not None]
    unrecorded = len(outcome.records) - len(recorded)
    assert unrecorded
    assert outcome.summary["cost_s"] is None
    env = config(table).make_env()
    taken = sum(recorded) + unrecorded * env.get_wrapper_attr("judge").mean_cost_s
    assert 390 < taken <= 400


def test_whole_seconds_are_the_same_budget(tiny: str, tmp_path: Path) -> None:
    assert job_key(config(tiny, budget={"cost_s": 200})) == job_key(config(tiny, budget={"cost_s": 200.0}))
    run(config(tiny, budget={"cost_s": 20}), tmp_path)
    path = tmp_path / "config.yaml"
    path.write_text(path.read_text().replace("cost_s: 20.0", "cost_s: 20"))  # as earlier versions wrote it
    run(config(tiny, budget={"cost_s": 20.0}), tmp_path)


def test_unrecorded_costs_are_those_of_the_fidelity(tmp_path: Path) -> None:
    table = str(write_tiny_table(tmp_path / "half.awnas", costs=0.5))
    played = config(table, "hyperband", budget={"simulated_s": 60.0}, simulated_workers=2)
    records = run(played).records
    judge = played.make_env().get_wrapper_attr("judge")
    starts = [0.0, 0.0]
    for record in records:  # a worker that is free takes the next
        cost_s = record["cost_s"]
        cost_s = judge.mean_cost_at(record["fidelity"]) if cost_s is None else cost_s
        starts.sort()
        starts[0] += cost_s
        assert record["finished_s"] == pytest.approx(starts[0])
    low = min(record["fidelity"] for record in records)
    assert any(record["cost_s"] is None and record["fidelity"] == low for record in records)
    assert judge.mean_cost_at(low) < judge.mean_cost_s


class PlaysAtOnce(RandomSearch):
    def __init__(self, env: Any, *, seed: int | None = None) -> None:
        super().__init__(env, seed=seed)
        self.learn(6)


def test_an_agent_may_play_while_it_is_built(tiny: str) -> None:
    found = run(config(tiny, agent=f"{__name__}:PlaysAtOnce", budget={"evaluations": 5}))
    assert len(found.records) == 5


def test_a_folder_with_another_run_is_refused_and_kept(tiny: str, tmp_path: Path) -> None:
    run(config(tiny), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(RunFolderError, match="holds another run: its seed is 0, not 1"):
        run(config(tiny, seed=1), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_a_summary_that_does_not_say_so_is_of_no_finished_run(tiny: str, tmp_path: Path) -> None:
    run(config(tiny), tmp_path)
    assert is_finished(tmp_path)
    (tmp_path / "summary.json").write_text('{"evaluations": 40}')
    assert not is_finished(tmp_path)
    run(config(tiny), tmp_path)
    assert is_finished(tmp_path)


SWEEP = """
environment: {id: awnas/NASBench201-v0, dataset: %s, action_mode: joint}
agents: [{name: random}, {name: regularized_evolution, population_size: 10, sample_size: 3}, {name: random}]
budget: {evaluations: 30}
seeds: 2
"""


def histories(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {
        str(path.parent.relative_to(folder)): comparable([json.loads(line) for line in path.read_text().splitlines()])
        for path in sorted(folder.rglob("history.jsonl"))
    }


def test_sweeps_do_not_depend_on_workers_and_resume(tiny: str, tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text(SWEEP % tiny)
    sweep = read_sweep(tmp_path / "sweep.yaml")
    alone = dict(run_sweep(sweep, tmp_path / "one"))
    assert set(alone) == {
        f"{name}/seed-000{k}" for name in ("random", "regularized_evolution", "random-2") for k in (0, 1)
    }
    together = dict(run_sweep(sweep, tmp_path / "two", workers=2))
    assert set(together) == set(alone)
    assert histories(tmp_path / "one") == histories(tmp_path / "two")
    with pytest.raises(RunFolderError, match="already holds 6 of these runs; --resume"):
        list(run_sweep(sweep, tmp_path / "one"))
    (tmp_path / "one" / "random" / "seed-0001" / "summary.json").unlink()
    again = list(run_sweep(sweep, tmp_path / "one", resume=True))
    assert [name for name, _ in again] == ["random/seed-0001"]
    assert histories(tmp_path / "one") == histories(tmp_path / "two")


def test_every_entry_of_one_agent_is_run(tiny: str) -> None:
    agents = [{"name": "regularized_evolution", "population_size": size} for size in (10, 20, 30)]
    environment = {"id": "awnas/NASBench201-v0", "dataset": tiny}
    runs = Sweep(environment=environment, agents=agents, budget=BUDGET, seeds=2).runs()
    assert [config.agent["population_size"] for config in runs.values()] == [10, 10, 20, 20, 30, 30]
    assert list(runs)[::2] == [f"regularized_evolution{number}/seed-0000" for number in ("", "-2", "-3")]


@pytest.mark.parametrize(
    ("changes", "key"), [({"budget": {"evaluations": 50}}, "budget"), ({"agents": [{"name": "random"}] * 2}, "seed")]
)
def test_finished_runs_are_compared_too(tiny: str, tmp_path: Path, changes: dict[str, Any], key: str) -> None:
    base = {"environment": config(tiny).environment, "agents": [{"name": "random"}], "budget": BUDGET, "seeds": 2}
    list(run_sweep(Sweep(**base), tmp_path, resume=True))
    last = tmp_path / "random" / "seed-0001"
    if key == "seed":
        (last / "config.yaml").write_text((last / "config.yaml").read_text().replace("seed: 1", "seed: 7"))
    else:
        (tmp_path / "random" / "seed-0000" / "config.yaml").unlink()  # so that only the last can be refused
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(RunFolderError, match=rf"seed-0001 holds another run: its {key} is"):
        list(run_sweep(Sweep(**base | changes), tmp_path, resume=True))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_nothing_is_run_again_where_all_is_finished(tiny: str, tmp_path: Path) -> None:
    sweep = Sweep(environment=config(tiny).environment, agents=[{"name": "random"}], budget=BUDGET, seeds=2)
    assert len(list(run_sweep(sweep, tmp_path))) == 2
    assert list(run_sweep(sweep, tmp_path, resume=True)) == []


@pytest.mark.parametrize("summary", ["", "5", "[]", "{", '{"evaluations": 39}', "\udcff"])
def test_a_damaged_summary_is_written_again(tiny: str, tmp_path: Path, summary: str) -> None:
    whole = run(config(tiny), tmp_path / "random" / "seed-0000")
    path = tmp_path / "random" / "seed-0000" / "summary.json"
    path.write_bytes(summary.encode(errors="surrogateescape"))
    sweep = Sweep(environment=config(tiny).environment, agents=[{"name": "random"}], budget=BUDGET)
    assert [name for name, _ in run_sweep(sweep, tmp_path, resume=True)] == ["random/seed-0000"]
    again = json.loads(path.read_text())
    assert again["incumbent"] == whole.summary["incumbent"]
    assert again["evaluations"] == 40


def test_a_history_that_lost_lines_is_not_finished(tiny: str, tmp_path: Path) -> None:
    whole = run(config(tiny), tmp_path / "random" / "seed-0000")
    path = tmp_path / "random" / "seed-0000" / "history.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    sweep = Sweep(environment=config(tiny).environment, agents=[{"name": "random"}], budget=BUDGET)
    assert len(list(run_sweep(sweep, tmp_path, resume=True))) == 1
    assert comparable([json.loads(line) for line in path.read_text().splitlines()]) == comparable(whole.records)


def test_a_run_on_a_table_that_changed_is_refused(tiny: str, tmp_path: Path) -> None:
    from awnas_gym.benchmarks import open_table, write_table

    path = write_tiny_table(tmp_path / "first.awnas")
    table = open_table(path)
    run(config(str(path)), tmp_path / "run")
    before = {file: file.read_bytes() for file in (tmp_path / "run").rglob("*") if file.is_file()}
    changed = tmp_path / "changed.awnas"
    write_table(changed, space=table.space, card={**table.card, "title": "measured again"}, columns=table.columns)
    env = config(str(changed)).make_env()
    with pytest.raises(RunFolderError, match=f"holds another run: its table is '{table.checksum}', not"):
        check_config(config(str(path)), env, tmp_path / "run")
    assert {file: file.read_bytes() for file in (tmp_path / "run").rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("text", ["", "5", "seed: [", "seed: 0\n"])
def test_a_damaged_configuration_is_named(tiny: str, tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(RunFolderError, match=r"config\.yaml"):
        run(config(tiny), tmp_path)
    assert (tmp_path / "config.yaml").read_text() == text


def test_a_run_that_crashes_is_reported_and_the_others_go_on(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(config: Run, *args: Any, **keywords: Any) -> Any:
        if config.seed == 1:
            raise ZeroDivisionError("what nobody\nthought of")
        return run(config, *args, **keywords)

    monkeypatch.setattr("awnas_gym.sweep.run", crash)
    sweep = Sweep(environment=config(tiny).environment, agents=[{"name": "random"}], budget=BUDGET, seeds=3)
    results = dict(run_sweep(sweep, tmp_path))
    assert isinstance(results["random/seed-0001"], AwnasError)
    assert str(results["random/seed-0001"]).startswith("ZeroDivisionError: what nobody thought of (test_search.py:")
    assert all(results[f"random/seed-000{k}"]["finished"] for k in (0, 2))


def test_a_failed_run_is_reported_and_the_others_go_on(tiny: str, tmp_path: Path) -> None:
    sweep = Sweep(
        environment={"id": "awnas/NASBench201-v0", "dataset": tiny}, agents=[{"name": "random"}], budget=BUDGET, seeds=3
    )
    broken = tmp_path / "random" / "seed-0001"
    broken.mkdir(parents=True)
    (broken / "history.jsonl").write_text("no json\n")
    results = dict(run_sweep(sweep, tmp_path))
    assert isinstance(results["random/seed-0001"], RunFolderError)
    assert all(results[f"random/seed-000{k}"]["finished"] for k in (0, 2))
    assert (broken / "history.jsonl").read_text() == "no json\n"


def test_sweep_finds_wrong_settings_before_anything_runs(tiny: str, tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text((SWEEP % tiny).replace("sample_size", "sampel_size"))
    with pytest.raises(SettingError, match="Did you mean 'sample_size'"):
        read_sweep(tmp_path / "sweep.yaml")


def test_nan_actions_end_a_run_with_one_line(tiny: str) -> None:
    import gymnasium as gym

    from awnas_gym.envs import Budget, History, Recorder
    from awnas_gym.errors import AgentError

    history = History(Budget(evaluations=3))
    env = Recorder(gym.make("awnas/NASBench201-v0", dataset=tiny, disable_env_checker=True), history)
    env.reset(seed=0)
    with pytest.raises(AgentError, match="an action here is one whole number in"):
        env.step(np.nan)
