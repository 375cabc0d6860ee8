"""The environments over benchmarks that other packages ship, with made-up packages."""

from __future__ import annotations

from importlib import util
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks.nasbench_graph import PROTEIN_OPERATIONS
from awnas_gym.catalog.nasbench_graph import nasbench_graph
from awnas_gym.errors import MissingDataError, MissingMetricError, SettingError, UnknownNameError
from awnas_gym.spaces.nasbench_graph import OPERATIONS, STRUCTURES
from awnas_gym.testing import check_env
from tests.envs.episodes import play
from tests.fake_packages import analog_entries, graph_entries

GRAPH, ANALOG = "awnas/NASBenchGraph-v0", "awnas/AnalogNASBench-v0"
IDS = pytest.mark.parametrize("id_", [GRAPH, "awnas/NASBenchGraph-MO-v0", ANALOG, "awnas/AnalogNASBench-MO-v0"])
KINDS = pytest.mark.parametrize("kind", ["build", "joint", "edit"])


@pytest.mark.usefixtures("packages")
@KINDS
@IDS
def test_the_contract(id_: str, kind: str) -> None:
    if "-MO-" in id_ and kind == "edit":
        pytest.skip("multi-objective environments have no edit kind")
    check_env(gym.make(id_, action_mode=kind))


@IDS
def test_without_the_package_one_line_says_what_to_install(id_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    package = "nas-bench-graph" if "Graph" in id_ else "analog-nasbench"
    with pytest.raises(MissingDataError, match=rf"^[^\n]*: pip install {package}$"):
        gym.make(id_, dataset="citeseer" if "Graph" in id_ else "analog_nasbench")


def recorded(dataset: str, key: int) -> dict[str, Any]:
    return graph_entries(dataset)[key]


@pytest.mark.usefixtures("packages")
@KINDS
def test_a_graph_network_earns_its_validation_accuracy(kind: str) -> None:
    env = gym.make(GRAPH, action_mode=kind)
    entry = recorded("cora", 81027)
    env.reset(seed=0, options={"arch": [8, 1, 0, 2, 6]} if kind == "edit" else None)
    if kind == "edit":
        _, reward, _, _, info = env.step(9 * 4 + 7)
        assert reward == pytest.approx(entry["valid_perf"] - recorded("cora", 81026)["valid_perf"])
    else:
        _, reward, _, _, info = play(env, [8, 1, 0, 2, 7])
        assert reward == entry["valid_perf"]
    expected = {
        "valid_accuracy": entry["valid_perf"],
        "latency_ms": entry["latency"] * 1e3,
        "params": entry["para"] * 1e6,
    }
    assert info["metrics"] == pytest.approx(expected)
    assert "cost_s" not in info


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("split", ["valid", "test"])
def test_on_proteins_accuracy_is_the_area_under_the_curve(split: str) -> None:
    env = gym.make(GRAPH, dataset="proteins", split=split)
    env.reset(seed=0)
    arch = env.unwrapped.space.canonical([8, 0, 1, 2, 3])[0]
    _, reward, _, _, info = play(env, arch)
    entry = recorded("proteins", int(str(arch[0]) + "".join("14578"[choice] for choice in arch[1:])))
    assert reward == info["metrics"][f"{split}_roc_auc"] == entry["valid_perf" if split == "valid" else "perf"]
    twin = gym.make("awnas/NASBenchGraph-MO-v0", dataset="proteins", objectives="params, accuracy", split=split)
    assert twin.unwrapped.objectives == ("params", f"{split}_roc_auc")


@pytest.mark.usefixtures("packages")
def test_a_cell_earns_its_accuracy_after_a_day_of_drift() -> None:
    env = gym.make(ANALOG, action_mode="joint")
    env.reset(seed=0)
    _, reward, _, _, info = env.step(np.array([3, 1, 0, 2, 4, 1]))  # theirs: edges 02, 03 and 12 in another order
    entry = analog_entries()[2, 0, 3, 1, 4, 0]
    assert reward == pytest.approx(entry["analog_drift_86400"] / 100)
    assert info["split"] == "test"
    assert info["metrics"]["clean_test_accuracy"] == pytest.approx(entry["baseline_accuracy"] / 100)
    twin = gym.make("awnas/AnalogNASBench-MO-v0", action_mode="joint")
    twin.reset(seed=0)
    reward = twin.step(np.array([3, 1, 0, 2, 4, 1]))[1]
    assert reward == pytest.approx([entry["baseline_accuracy"] / 100, entry["analog_drift_86400"] / 100])


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(
    ("id_", "keywords", "error", "message"),
    [
        (GRAPH, {"dataset": "corra"}, UnknownNameError, "No table named 'corra'"),
        (GRAPH, {"dataset": "fashion14"}, SettingError, "a table over nasbench201"),
        (GRAPH, {"dataset": 3}, SettingError, "dataset is 3; it should be str"),
        (GRAPH, {"dataset": "proteins", "objective": 3}, SettingError, "objective is 3"),
        (GRAPH, {"split": "train"}, MissingMetricError, "needs train_accuracy"),
        (ANALOG, {"split": "valid"}, MissingMetricError, "yields nothing on split 'valid'"),
        (ANALOG, {"objective": "accuracy"}, MissingMetricError, "needs test_accuracy; .* ptq_test_accuracy"),
    ],
)
def test_wrong_keywords(id_: str, keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        gym.make(id_, **keywords)


def test_the_page_names_trees_and_operations_as_the_actions_do() -> None:
    text = " ".join((nasbench_graph.__doc__ or "").split())
    trees = ", ".join(f"{i} `{','.join(map(str, links))}`" for i, links in enumerate(STRUCTURES))
    assert f"Trees, by what nodes 1 to 4 read (0 is the input): {trees}." in text
    for operations in (OPERATIONS, PROTEIN_OPERATIONS):
        assert ", ".join(f"{i} {name}" for i, name in enumerate(operations)) in text
