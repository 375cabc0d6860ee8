"""`awnas/NASBench1Shot1-v0` on an imported table of NAS-Bench-101, from a synthetic file in the true format."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import load_table
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import MissingDataError, SettingError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest.official.run import import_tables
from awnas_gym.spaces.nasbench_1shot1 import READS, NASBench1Shot1
from awnas_gym.testing import check_env
from experiments.official_files import nasbench101_records, write_tfrecord

ID = "awnas/NASBench1Shot1-v0"
VARIANTS = pytest.mark.parametrize("variant", READS)


@pytest.fixture(scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Import 60 cells of each variant and return the home that they are in."""
    folder = tmp_path_factory.mktemp("nasbench101")
    rng, cells = np.random.default_rng(0), []
    for variant in READS:
        space = NASBench1Shot1(variant=variant)
        graphs = space.nasbench101.canonical(space.to_nasbench101(space.sample(rng, 400)))
        cells.append(np.unique(graphs, axis=0)[:60])
    archs = np.unique(np.concatenate(cells), axis=0)
    hashes = [space.nasbench101.official_hash(arch) for arch in archs]
    file = folder / "small.tfrecord"
    write_tfrecord(file, nasbench101_records(archs, hashes, budgets=(4, 12, 36, 108), rng=rng))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWNAS_HOME", str(folder))
        import_tables("nasbench101", file)
    return folder


@pytest.fixture
def imported(_home: Path, monkeypatch: pytest.MonkeyPatch) -> TableEvaluator:
    monkeypatch.setenv("AWNAS_HOME", str(_home))
    return TableEvaluator(load_table("nasbench101"))


@VARIANTS
def test_rewards_are_the_records_of_the_cell(variant: int, imported: TableEvaluator) -> None:
    env = gym.make(ID, variant=variant, action_mode="joint", fidelity=12, trial=1)
    space = env.get_wrapper_attr("space")
    assert env.unwrapped.observation_space.shape == (len(space.cardinalities),)
    archs = space.sample(np.random.default_rng(0), 30)
    graphs = space.to_nasbench101(archs)
    wanted = imported.evaluate(graphs, fidelity=12, trial=1, rng=np.random.default_rng(0))
    recorded = np.isfinite(wanted["valid_accuracy"])
    if variant == 3:  # a missing record has it go through the whole space, which takes seconds
        archs, graphs, recorded = archs[recorded], graphs[recorded], recorded[recorded]
        wanted = imported.evaluate(graphs, fidelity=12, trial=1, rng=np.random.default_rng(0))
    assert recorded.any()
    for arch, graph, known, accuracy, cost in zip(
        archs, graphs, recorded, wanted["valid_accuracy"], wanted["cost_s"], strict=True
    ):
        env.reset(seed=0)
        _, reward, finished, _, info = env.step(arch)
        assert finished
        assert info["architecture"] == imported.space.genotype(graph)
        assert info.get("missing", False) == (not known)
        if known:
            assert reward == info["metrics"]["valid_accuracy"] == accuracy
            assert info["cost_s"] == cost
            assert "test_accuracy" not in info["metrics"]


@pytest.mark.parametrize("variant", [1, 2])
@pytest.mark.parametrize("action_mode", ["build", "joint", "edit"])
def test_it_is_an_environment(variant: int, action_mode: str, imported: TableEvaluator) -> None:
    check_env(gym.make(ID, variant=variant, action_mode=action_mode))


@pytest.mark.parametrize("variant", [1, 2])
def test_normalised_rewards_are_of_the_variant(variant: int, imported: TableEvaluator) -> None:
    env = gym.make(ID, variant=variant, reward="normalised", action_mode="joint")
    space = env.get_wrapper_attr("space")
    found = imported.evaluate(space.to_nasbench101(space.enumerate()), rng=np.random.default_rng(0))["valid_accuracy"]
    best, mean = np.nanmax(found), np.nanmean(found)
    for i in (int(np.nanargmax(found)), int(np.flatnonzero(np.isfinite(found))[0])):
        env.reset(seed=0)
        assert env.step(space.enumerate()[i])[1] == pytest.approx((found[i] - mean) / (best - mean))


def test_cells_that_are_one_are_duplicates(imported: TableEvaluator) -> None:
    history = History(Budget(evaluations=2))
    env = Recorder(gym.make(ID, action_mode="joint"), history)
    space = env.get_wrapper_attr("space")
    owners = space.index(space.canonical(space.enumerate()))
    first, second = np.flatnonzero(owners == np.bincount(owners).argmax())[:2]
    for number in (first, second):
        env.reset(seed=0)
        env.step(space.unindex(number)[0])
    assert [record["duplicate"] for record in history.records] == [False, True]
    assert history.records[0]["architecture"] != history.records[1]["architecture"]


def test_the_twin_knows_its_front(imported: TableEvaluator) -> None:
    env = gym.make("awnas/NASBench1Shot1-MO-v0", variant=2, objectives="accuracy,params,cost_s").unwrapped
    archs = env.pareto_set()
    found = imported.evaluate(env.space.to_nasbench101(archs), rng=np.random.default_rng(0))
    points = np.stack([found["valid_accuracy"], -found["params"], -found["cost_s"]], axis=1)
    np.testing.assert_array_equal(np.array(env.pareto_front()), points)


def test_many_at_once(imported: TableEvaluator) -> None:
    envs = gym.make_vec(ID, num_envs=3, variant=3, action_mode="joint")
    envs.reset(seed=0)
    space = envs.unwrapped.single_action_space
    assert space.nvec.tolist() == [3, 2, 3, 3, 3, 6, 3, 10, 3, 15]
    rewards = envs.step(envs.action_space.sample())[1]
    assert rewards.shape == (3,)


def test_metrics_of_further_tables_may_be_added(imported: TableEvaluator, tmp_path: Path) -> None:
    from awnas_gym.ingest import add_table

    archs = imported.population()[:20]
    add_table({"archs": archs, "phone_latency_ms": np.arange(20.0)}, name="phone", space=imported.space, replace=True)
    env = gym.make(ID, columns="phone", action_mode="joint")
    assert "phone_latency_ms" in env.unwrapped.judge.visible


def test_without_data_it_says_what_to_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path))
    for id_ in (ID, "awnas/NASBench1Shot1-MO-v0"):
        with pytest.raises(
            MissingDataError, match="nasbench101 of NAS-Bench-101 is not imported: get nasbench_only108"
        ):
            gym.make(id_)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"variant": 4}, "variant is 1, 2, 3; got 4"),
        ({"variant": "1"}, "variant is '1'; it should be int"),
        ({"variant": None}, "variant is None; it should be int"),
        ({"dataset": "fashion14"}, "fashion14 is a table over nasbench201; .* wants nasbench101"),
    ],
)
def test_wrong_keywords(keywords: dict[str, object], message: str, imported: TableEvaluator) -> None:
    with pytest.raises(SettingError, match=message):
        gym.make(ID, **keywords)
