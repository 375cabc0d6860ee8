"""NAS-Bench-Graph: of a made-up package every number, of the real one what its own reader says."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.benchmarks import GRAPHS, load_table
from awnas_gym.benchmarks.nasbench_graph import nasbench_graph
from awnas_gym.errors import TableFileError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.spaces.nasbench_graph import OPERATIONS
from awnas_gym.testing import check_evaluator
from tests.fake_packages import GRAPH_KEYS, graph_entries, install, write_graphs

OPTIMA = {
    "cora": (0.8193, "0,1,2,3 fc,gat,fc,gin"),
    "citeseer": (0.7280, "0,0,1,2 gcn,gcn,sage,sage"),
    "pubmed": (0.8113, "0,0,1,2 gat,gin,gin,sage"),
    "cs": (0.9213, "0,0,1,1 graph,arma,gat,cheb"),
    "physics": (0.9400, "0,1,1,2 gat,fc,gcn,fc"),
    "photo": (0.9407, "0,0,1,2 gat,fc,sage,cheb"),
    "computers": (0.9190, "0,1,2,2 cheb,gat,cheb,cheb"),
    "arxiv": (0.7367, "0,1,2,3 cheb,arma,cheb,cheb"),
    "proteins": (0.8533, "0,1,2,2 sage,arma,fc,skip"),
}
"""Best validation score of each data set, and the network that has it."""


def value(evaluator: TableEvaluator, arch: np.ndarray) -> dict[str, float]:
    return {name: float(each[0]) for name, each in evaluator.evaluate(arch, rng=np.random.default_rng(0)).items()}


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(("dataset", "score"), [("cora", "accuracy"), ("proteins", "roc_auc")])
def test_every_number_of_a_package(dataset: str, score: str) -> None:
    evaluator = TableEvaluator(load_table(f"nasbench_graph_{dataset}"))
    entries = graph_entries(dataset)
    assert evaluator.space.operations == GRAPH_KEYS[dataset]
    assert evaluator.coverage() == 1
    assert len(evaluator.population()) == len(entries) == evaluator.space.unique_size
    keys = list(entries)
    found = evaluator.evaluate(
        np.array([[k // 10**4, *(_choice(dataset, k // 10**i % 10) for i in (3, 2, 1, 0))] for k in keys]),
        rng=np.random.default_rng(0),
    )
    expected = {
        f"valid_{score}": [entry["valid_perf"] for entry in entries.values()],
        f"test_{score}": [entry["perf"] for entry in entries.values()],
        "latency_ms": [entry["latency"] * 1000 for entry in entries.values()],
        "params": [round(entry["para"] * 1_000_000) for entry in entries.values()],
    }
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-12)
    check_evaluator(evaluator)


def _choice(dataset: str, digit: int) -> int:
    return GRAPH_KEYS[dataset].index(OPERATIONS[digit])


@pytest.mark.usefixtures("packages")
def test_another_network_of_the_class_has_the_same_record() -> None:
    evaluator = TableEvaluator(load_table("nasbench_graph_cora"))
    parse = evaluator.space.parse
    assert value(evaluator, parse("0,0,0,0 fc,gcn,gat,gin")) == value(evaluator, parse("0,0,0,0 gin,fc,gcn,gat"))


def other(entries: dict[int, Any], key: int) -> dict[int, Any]:
    """Return the entries with one of them under another key."""
    first, *rest = entries
    return {key: entries[first]} | {each: entries[each] for each in rest}


def without(entries: dict[int, Any], field: str) -> dict[int, Any]:
    last = list(entries)[-1]
    return entries | {last: {name: n for name, n in entries[last].items() if name != field}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entries: dict(list(entries.items())[1:]), "holds 2,020 entries; 2,021 networks are wanted"),
        (list, "holds a list; 2,021 networks"),
        (lambda entries: other(entries, 99999), "99999 is no key of a network with gcn, sage, arma, fc, skip"),
        (lambda entries: other(entries, 80000), "80000 is no key"),  # gat
        (lambda entries: other(entries, -1), "-1 is no key"),
        (lambda entries: other(entries, 2**40), "is no key"),
        (lambda entries: other(entries, "81111"), "'81111' is no key"),  # type: ignore[arg-type]
        (lambda entries: other(entries, 88888), r"outside the space: .* decision 4 \(node 4\) is 4"),
        (lambda entries: other(entries, 4111), "2,020 different networks; 2,021 are wanted"),
        (lambda entries: without(entries, "perf"), "perf of .* is None"),
        (lambda entries: {key: e | {"valid_perf": 81.0} for key, e in entries.items()}, "valid_perf of .* is 81.0; a"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(
    change: Callable[[dict[int, Any]], Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    path = write_graphs(tmp_path) / "light" / "proteins.bench"
    path.write_bytes(pickle.dumps(change(graph_entries("proteins")), 3))
    install(tmp_path, monkeypatch)
    with pytest.raises(TableFileError, match=f"{re.escape(str(path))}.*{message}"):
        nasbench_graph("nasbench_graph_proteins")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("dataset", GRAPHS)
def test_the_real_package(dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = pytest.importorskip("nas_bench_graph", reason="needs the package: pip install nas-bench-graph")
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path))
    evaluator = TableEvaluator(nasbench_graph(f"nasbench_graph_{dataset}"))
    theirs, score = package.light_read(dataset), "roc_auc" if dataset == "proteins" else "accuracy"
    for arch in evaluator.space.sample(np.random.default_rng(0), 200):
        links, names = evaluator.space.genotype(arch).split(" ")
        network = package.Arch([int(link) for link in links.split(",")], names.split(","))
        entry, found = theirs[network.valid_hash()], value(evaluator, arch)
        assert found[f"valid_{score}"] == entry["valid_perf"]
        assert found[f"test_{score}"] == entry["perf"]
        assert found["latency_ms"] == pytest.approx(entry["latency"] * 1e3, rel=1e-12)
        assert found["params"] == pytest.approx(entry["para"] * 1e6, abs=1e-3)
    everything = evaluator.evaluate(evaluator.population(), rng=np.random.default_rng(0))[f"valid_{score}"]
    best, genotype = OPTIMA[dataset]
    assert everything.max() == pytest.approx(best, abs=5e-5)
    assert evaluator.space.key(evaluator.population()[everything.argmax()]) == genotype
