"""Protocols of papers: what they set, what they refuse, and searches under them on synthetic official files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from click.testing import CliRunner

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import Column, load_table
from awnas_gym.catalog import ENVIRONMENTS
from awnas_gym.catalog.protocols import PROTOCOLS
from awnas_gym.cli.main import group
from awnas_gym.config import keywords
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import BudgetExhausted, MissingDataError, SettingError, UnknownNameError
from awnas_gym.ingest.official.imported import CURVE, Imported
from awnas_gym.ingest.official.nasbench101 import import_nasbench101
from awnas_gym.ingest.official.nats_records import TOPOLOGY
from awnas_gym.spaces import SPACES
from experiments.official_files import nasbench101_records, write_tfrecord


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))


@pytest.fixture
def cifar10() -> None:
    """The table that an import of NATS-Bench's topology space makes, of 300 cells with made-up numbers."""
    space, rng = TOPOLOGY.make_space("cifar10"), np.random.default_rng(0)
    archs = space.unindex(np.sort(rng.choice(15_625, 300, replace=False)))
    recorded = np.array([[True, False], [True, True], [False, True], [False, True]])  # seeds of 12 and of 200 epochs
    values = np.where(recorded, rng.uniform(0.1, 0.95, (300, 4, 2)), np.nan)
    metrics = {
        "valid_accuracy": Column(values, CURVE),
        "test_accuracy": Column(values[::-1].copy(), CURVE),
        "cost_s": Column(np.where(recorded, rng.uniform(50, 150, (300, 4, 2)) * [1, 16], np.nan), CURVE),
    }
    card = {"fidelities": [12, 200], "seeds": [111, 777, 888, 999]}
    Imported("nasbench201-cifar10", space, archs, metrics, card, chance=0.1).write()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_sets_keywords_that_there_are(name: str) -> None:
    protocol = PROTOCOLS[name]
    assert set(protocol.keywords) <= set(keywords(ENVIRONMENTS.load(protocol.environment)))
    Budget(**protocol.budget) if protocol.budget else None
    assert protocol.keywords["split"] == "valid"
    assert protocol.source
    assert protocol.report
    with pytest.raises(
        MissingDataError, match=r"is not imported: get .* \(awnas data get .*\), then awnas data import"
    ):
        gym.make(protocol.environment, protocol=name)


def test_names_and_other_values_are_refused(cifar10: None) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'nats-bench-tss-20k'"):
        gym.make("awnas/NASBench201-v0", protocol="nats-bench-tss-2k")
    with pytest.raises(UnknownNameError, match="No protocol of awnas/NASBench201-v0 named 'nats-bench-sss-20k'"):
        gym.make("awnas/NASBench201-v0", protocol="nats-bench-sss-20k")
    with pytest.raises(SettingError, match="protocol nats-bench-tss-20k sets fidelity=12; got fidelity=200"):
        gym.make("awnas/NASBench201-v0", protocol="nats-bench-tss-20k", fidelity=200)
    with pytest.raises(SettingError, match="protocol is 5"):
        gym.make("awnas/NASBench201-v0", protocol=5)


def test_a_query_costs_the_training_of_the_seed_that_is_drawn(cifar10: None) -> None:
    env = gym.make("awnas/NASBench201-v0", protocol="nats-bench-tss-20k", action_mode="joint")
    table = load_table("nasbench201-cifar10")
    valid, costs = (table.columns[name].values for name in ("valid_accuracy", "cost_s"))
    drawn = set()
    for row, arch in enumerate(table.columns["archs"].values[:40]):
        env.reset(seed=row)
        _, reward, *_, info = env.step(arch)
        (seed,) = np.flatnonzero(valid[row, :, 0] == reward)
        assert info["cost_s"] == costs[row, seed, 0]
        assert "test_accuracy" not in info["metrics"]
        drawn.add(int(seed))
    assert drawn == {0, 1}  # seeds 111 and 777


def test_a_search_ends_with_the_protocols_seconds(cifar10: None, tmp_path: Path) -> None:
    arguments = [
        "search",
        "--env-arg",
        "protocol=nats-bench-tss-20k",
        "--agent",
        "random",
        "--out",
        str(tmp_path / "r"),
    ]
    done = CliRunner().invoke(group, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    from awnas_gym.reporting import find_runs

    (run,) = find_runs([tmp_path / "r"])
    env = gym.make("awnas/NASBench201-v0", protocol="nats-bench-tss-20k")
    mean_s = env.get_wrapper_attr("judge").mean_cost_s  # what the many cells take that this file does not hold
    spent = sum(mean_s if evaluation.cost_s is None else evaluation.cost_s for evaluation in run.evaluations)
    assert 20_000 - 150 < spent <= 20_000


def test_protocols_are_listed() -> None:
    done = CliRunner().invoke(group, ["list", "protocols"])
    assert [line.split()[0] for line in done.output.splitlines()] == list(PROTOCOLS)


# ------------------------------------------------------------------ fidelities


@pytest.fixture
def nasbench101(tmp_path: Path) -> None:
    """A synthetic `nasbench_full.tfrecord`: 40 cells, four budgets, three repeats."""
    space = SPACES.load("nasbench101")()
    archs = np.unique(space.canonical(space.sample(np.random.default_rng(0), 400)), axis=0)[:40]
    hashes = [space.official_hash(arch) for arch in archs]
    path = tmp_path / "nasbench_full.tfrecord"
    write_tfrecord(path, nasbench101_records(archs, hashes, budgets=(4, 12, 36, 108), rng=np.random.default_rng(1)))
    (table,) = import_nasbench101(path, progress=lambda done, total: None)
    table.write()


def halve(evaluate: Callable[[Any, int], float], archs: Any, budgets: tuple[int, ...], keep: float) -> Any:
    """Return the winner of successive halving [Jamieson & Talwalkar, AISTATS 2016]."""
    for budget in budgets:
        scores = [evaluate(arch, budget) for arch in archs]
        archs = [archs[i] for i in np.argsort(scores)[::-1][: max(1, int(len(archs) * keep))]]
    return archs[0]


def test_successive_halving_pays_for_each_budget_anew(nasbench101: None) -> None:
    """Hyperband's first bracket on the benchmark's budgets: 27 at 4 epochs, 9 at 12, 3 at 36, 1 at 108."""
    table = load_table("nasbench101")
    history = History(Budget(evaluations=1000))
    env = Recorder(gym.make("awnas/NASBench101-v0", action_mode="joint", trial=0), history)

    def evaluate(arch: Any, budget: int) -> float:
        env.reset(options={"fidelity": budget})
        return float(env.step(arch)[1])

    winner = halve(evaluate, list(table.columns["archs"].values[:27]), (4, 12, 36, 108), 1 / 3)
    fidelities = [record["fidelity"] for record in history.records]
    assert [fidelities.count(budget) for budget in (4, 12, 36, 108)] == [27, 9, 3, 1]
    costs, accuracy = table.columns["cost_s"].values, table.columns["valid_accuracy"].values
    row = {tuple(arch): i for i, arch in enumerate(table.columns["archs"].values.tolist())}
    space = env.get_wrapper_attr("space")
    places = [row[tuple(space.parse(record["architecture"]).tolist())] for record in history.records]
    columns = [(4, 12, 36, 108).index(fidelity) for fidelity in fidelities]
    assert history.cost_s == pytest.approx(sum(float(costs[i, 0, e]) for i, e in zip(places, columns, strict=True)))
    assert history.records[-1]["reward"] == pytest.approx(accuracy[row[tuple(winner.tolist())], 0, 3])


def test_seconds_end_a_search_over_fidelities(nasbench101: None) -> None:
    table = load_table("nasbench101")
    history = History(Budget(cost_s=2000.0))
    env = Recorder(gym.make("awnas/NASBench101-v0", action_mode="joint", protocol="nasbench101"), history)
    env.reset(seed=0, options={"fidelity": 36})

    def play() -> None:
        for arch in table.columns["archs"].values:
            env.reset()
            env.step(arch)

    with pytest.raises(BudgetExhausted):
        play()
    assert {record["fidelity"] for record in history.records} == {36}
    assert 0 < history.cost_s <= 2000


def test_the_page_names_every_protocol() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "protocols.md").read_text(encoding="utf-8")
    for name, protocol in PROTOCOLS.items():
        family, _, last = name.rpartition("-")
        assert f"`{name}`" in page or (family in page and f"`-{last}`" in page)
        assert f"`{protocol.environment}`" in page
        assert all(f"{seconds:,.0f}" in page for seconds in protocol.budget.values())
