"""NAS-Bench-Macro from synthetic files in the true layout, and the golden numbers of the published one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import load_table
from awnas_gym.errors import MissingDataError, MissingMetricError, TableFileError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest.official.nasbench_macro import import_nasbench_macro
from awnas_gym.spaces.nasbench_macro import NASBenchMacro
from experiments.official_hardware import nasbench_macro, write_nasbench_macro

SPACE = NASBenchMacro()
CONTENT = nasbench_macro(np.random.default_rng(0))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))


def ignore(done: int, total: int) -> None:
    assert done == total == 6561


def imported(path: Path) -> TableEvaluator:
    (table,) = import_nasbench_macro(path, progress=ignore)
    table.write()
    return TableEvaluator(load_table("nasbench_macro"))


def test_three_trainings_of_every_network(tmp_path: Path) -> None:
    write_nasbench_macro(tmp_path / "a.json", CONTENT)
    evaluator = imported(tmp_path / "a.json")
    assert evaluator.yields == {"test_accuracy", "params", "macs"}
    assert (evaluator.fidelities, evaluator.trials, evaluator.coverage()) == ((50,), 3, 1)
    rng = np.random.default_rng(0)
    archs = SPACE.sample(rng, 100)
    entries = [CONTENT[SPACE.genotype(arch)] for arch in archs]
    for trial in range(3):
        found = evaluator.evaluate(archs, trial=trial, rng=rng)
        np.testing.assert_allclose(found["test_accuracy"], [e["test_acc"][trial] / 100 for e in entries], rtol=1e-6)
    assert found["params"].tolist() == [entry["params"] for entry in entries]
    assert found["macs"].tolist() == [entry["flops"] for entry in entries]
    counts = evaluator.card["counts"]
    assert counts["trainings"] == {"50": {"3": 6561}}
    assert evaluator.card["seeds"] == [0, 1, 2]


def test_only_a_reward_on_the_test_images_is_possible_and_it_has_to_be_asked_for(tmp_path: Path) -> None:
    write_nasbench_macro(tmp_path / "a.json", CONTENT)
    imported(tmp_path / "a.json")
    with pytest.raises(MissingMetricError, match="this benchmark yields macs, params on split 'valid'"):
        gym.make("awnas/Table-v0", table="nasbench_macro")
    env = gym.make("awnas/Table-v0", table="nasbench_macro", split="test", action_mode="joint")
    env.reset(seed=0)
    _, reward, *_, info = env.step(SPACE.parse("22212220"))
    assert reward == pytest.approx(CONTENT["22212220"]["mean_acc"] / 100)
    assert "cost_s" not in info


def changed(genotype: str, **fields: Any) -> dict[str, Any]:
    return {**CONTENT, genotype: {**CONTENT[genotype], **fields}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], r"is \[\]; a dictionary of networks is wanted"),
        ({k: v for k, v in CONTENT.items() if k != "01201201"}, "of its 6,561 networks, 01201201 is absent"),
        ({**CONTENT, "3": {}}, "of its 6,561 networks, '3' is none"),
        ({**CONTENT, "00000000": 7}, "mean_acc of '00000000' is None"),
        (changed("01201201", mean_acc=101.0), "mean_acc of '01201201' is 101.0; a number from 0 to 100"),
        (changed("01201201", mean_acc=50.0), "mean_acc of 01201201 is not the mean of its test_acc"),
        (changed("01201201", test_acc=[90.0, 91.0]), r"test_acc of 01201201 is \[90.0, 91.0\]; three are wanted"),
        (changed("01201201", test_acc=7), "test_acc of 01201201 is 7; three are wanted"),
        (changed("01201201", test_acc=[90.0, 91.0, None]), "test_acc of '01201201' is None; a number from 0 to 100"),
        (changed("01201201", test_acc=[float("nan")] * 3), "test_acc of '01201201' is nan; a number from 0 to 100"),
        (changed("01201201", params="7"), "params of '01201201' is '7'"),
        (changed("01201201", flops=-7), "flops of '01201201' is -7"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, content: Any, message: str) -> None:
    write_nasbench_macro(tmp_path / "a.json", content)
    with pytest.raises(TableFileError, match=message):
        import_nasbench_macro(tmp_path / "a.json", progress=ignore)


@pytest.mark.parametrize("text", ["", '{"00000000": ', "\x00", "[" * 100_000, "{}" * 2])
def test_what_is_no_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(TableFileError, match="is no JSON"):
        import_nasbench_macro(tmp_path / "a.json", progress=ignore)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(TableFileError, match="is no JSON"):
        import_nasbench_macro(tmp_path / "a.json", progress=ignore)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"no file at .*absent"):
        import_nasbench_macro(tmp_path / "absent.json", progress=ignore)


def test_golden_numbers_of_the_published_file(published: Callable[[str], Path]) -> None:
    """science.md, golden number 19; parameters and MACs are those of the space's own layers."""
    evaluator = imported(published("nas_bench_macro/nas-bench-macro_cifar10.json"))
    archs = evaluator.population()
    found = evaluator.evaluate(archs, rng=np.random.default_rng(0))
    accuracy = found["test_accuracy"]
    best = int(accuracy.argmax())
    assert SPACE.key(archs[best]) == "22212220"
    assert accuracy[best] == pytest.approx(0.931267, abs=1e-6)
    assert (found["params"][best], found["macs"][best]) == (1_985_514, 85_164_544)
    assert accuracy.min() == pytest.approx(0.453633, abs=1e-6)
    spearmanr = pytest.importorskip("scipy.stats", reason="rank correlations need scipy").spearmanr
    assert spearmanr(found["macs"], accuracy).statistic == pytest.approx(0.748, abs=5e-4)
    assert spearmanr(found["params"], accuracy).statistic == pytest.approx(0.318, abs=5e-4)
    below = np.arange(1, len(accuracy) + 1) / len(accuracy)
    for n, percent in ((10, 92.42), (50, 92.78), (100, 92.87), (200, 92.94)):
        share = np.diff(below**n, prepend=0.0)  # of draws of n whose best is the k-th from below
        assert 100 * np.sort(accuracy) @ share == pytest.approx(percent, abs=0.015)  # drawn, not computed, there
    same = SPACE.index(SPACE.canonical(archs))
    assert np.array_equal(accuracy, accuracy[same])  # networks of the same function share a record
    assert evaluator.card["classes"] == 3969
