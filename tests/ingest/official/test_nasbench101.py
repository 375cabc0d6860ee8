"""NAS-Bench-101 from synthetic files in the true format."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import load_table
from awnas_gym.errors import TableFileError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest.official.nasbench101 import import_nasbench101
from awnas_gym.spaces.nasbench101 import NASBench101
from experiments.official_files import nasbench101_record, nasbench101_records, write_tfrecord

SPACE = NASBench101()
HASH = "00005c142e6f48ac74fdcf73e3439874"
ADJACENCY = "0100110001000000010010000010000001000000010000000"
OPERATIONS = "input,conv3x3-bn-relu,maxpool3x3,conv3x3-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu,output"
VALUES = np.array([[0.1, 0.1, 0.1, 0.1], [884.0, 0.8, 0.75, 0.74], [1768.0, 1.0, 0.92, 0.91]])


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))


def record(values: np.ndarray = VALUES, *, epochs: int = 108, **changes: Any) -> bytes:
    given = {"module_hash": HASH, "adjacency": ADJACENCY, "operations": OPERATIONS, "params": 8_555_530, **changes}
    return nasbench101_record(
        given.pop("module_hash"), epochs, given.pop("adjacency"), given.pop("operations"), values=values, **given
    )


def ignore(done: int, total: int) -> None:
    assert done > 0
    assert total > 0


def imported(path: Path, records: list[bytes]) -> TableEvaluator:
    write_tfrecord(path, records)
    (table,) = import_nasbench101(path, progress=ignore)
    table.write()
    return TableEvaluator(load_table("nasbench101"))


def test_repeats_budgets_and_halfway_points(tmp_path: Path) -> None:
    """The first row of the real file, its hash and its 8,555,530 parameters (science.md, golden number 5)."""
    records = [record(VALUES * [1, 1, 1 - k / 10, 1]) for k in range(3)] + [record(VALUES / 2, epochs=4)]
    evaluator = imported(tmp_path / "nasbench_full.tfrecord", records)
    assert evaluator.fidelities == (4, 108)
    assert evaluator.trials == 3
    arch = evaluator.population()[0]
    assert SPACE.official_hash(arch) == HASH
    rng = np.random.default_rng(0)
    found = {k: float(v[0]) for k, v in evaluator.evaluate(arch, trial=1, rng=rng).items()}
    assert found["valid_accuracy"] == pytest.approx(0.92 * 0.9)
    assert found["halfway_valid_accuracy"] == pytest.approx(0.75 * 0.9)
    assert found["cost_s"] == pytest.approx(1768)
    assert found["params"] == 8_555_530
    mean = evaluator.evaluate(arch, rng=rng)
    assert float(mean["valid_accuracy"][0]) == pytest.approx(0.92 * 0.9)
    assert float(mean["cost_s"][0]) == pytest.approx(3 * 1768)
    assert float(evaluator.evaluate(arch, fidelity=4, rng=rng)["test_accuracy"][0]) == pytest.approx(0.455)
    counts = evaluator.card["counts"]
    assert counts["trainings"] == {"4": {"1": 1}, "108": {"3": 1}}
    assert counts["missing_seeds"] == {"4": {"1": 1, "2": 1}, "108": {}}


def test_any_graph_finds_its_row(tmp_path: Path) -> None:
    archs = np.unique(SPACE.canonical(SPACE.sample(np.random.default_rng(0), 400)), axis=0)
    hashes = [SPACE.official_hash(arch) for arch in archs]
    records = list(nasbench101_records(archs, hashes, budgets=(108,), rng=np.random.default_rng(1)))
    evaluator = imported(tmp_path / "nasbench_only108.tfrecord", records)
    assert len(evaluator.population()) == len(archs)
    asked = SPACE.sample(np.random.default_rng(2), 300)
    known = {SPACE.official_hash(arch): i for i, arch in enumerate(evaluator.population())}
    assert evaluator.places(asked).tolist() == [known.get(SPACE.official_hash(arch), -1) for arch in asked]


def test_the_published_graphs_find_their_rows(published: Callable[[str], Path], tmp_path: Path) -> None:
    with np.load(published("nas_bench_101/nb101_full.npz")) as file:
        n, bits, labels = (file[name][::4000] for name in ("n", "bits", "labels"))
    archs = []
    for vertices, edges, label in zip(n.tolist(), bits.tolist(), labels.tolist(), strict=True):
        matrix = np.zeros((vertices, vertices), dtype=np.int64)
        for y in range(vertices):
            for x in range(y):
                matrix[x, y] = edges >> (x + y * (y - 1) // 2) & 1
        digits = [label // 3**k % 3 for k in range(vertices - 2)]
        names = ["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"]
        archs.append(SPACE.from_matrix(matrix, ["input", *(names[d] for d in digits), "output"]))
    hashes = [SPACE.official_hash(arch) for arch in archs]
    assert hashes == sorted(hashes)  # the file is sorted by the official hash
    records = list(nasbench101_records(np.array(archs), hashes, budgets=(108,), rng=np.random.default_rng(1)))
    evaluator = imported(tmp_path / "nasbench_only108.tfrecord", records)
    assert (evaluator.places(SPACE.canonical(archs)) >= 0).all()


def test_unknown_fields_are_skipped(tmp_path: Path) -> None:
    parts = json.loads(record())
    message = base64.b64decode(parts[4]) + bytes.fromhex("d2 02 03 61 62 63") + bytes.fromhex("d8 02 07")  # 42 and 43
    parts[4] = base64.b64encode(message).decode()
    evaluator = imported(tmp_path / "a.tfrecord", [json.dumps(parts).encode()])
    assert evaluator.fidelities == (108,)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"[1, 2]", "a record is a list of hash, epochs, adjacency, operations and metrics"),
        (b"\xff", "codec"),
        (record(module_hash="xy"), "'xy' is no hash of 32 hexadecimal digits"),
        (record(epochs=5), r"5 epochs; legal: 4, 12, 36, 108"),
        (record(adjacency="01"), "is no matrix of 7 vertices"),
        (
            record(operations=OPERATIONS.replace("maxpool3x3", "maxpool2x2")),
            "vertex 2: No operation named 'maxpool2x2'",
        ),
        (record(params=7), "had another graph or other parameters before"),
        (record(VALUES[:2]), "hold 2 evaluations"),
        (record(params=2**31), "hold 3 evaluations and parameters 2147483648"),
        (record(VALUES * [1, 1, 100, 1]), "'valid_accuracy': 92.0.*seconds and fractions are legal"),
        (record(VALUES * [-1, 1, 1, 1]), "'cost_s': -1768.0"),
    ],
)
def test_a_wrong_record_is_named_and_nothing_is_written(tmp_path: Path, bad: bytes, message: str) -> None:
    write_tfrecord(tmp_path / "a.tfrecord", [record(), bad])
    with pytest.raises(TableFileError, match=f"record 1 is none of NAS-Bench-101: .*{message}"):
        import_nasbench101(tmp_path / "a.tfrecord", progress=ignore)
    assert not (tmp_path / "home").exists()


def test_a_fourth_repeat_is_refused(tmp_path: Path) -> None:
    write_tfrecord(tmp_path / "a.tfrecord", [record()] * 4)
    with pytest.raises(TableFileError, match=r"record 3 .* more than 3 trainings of 108 epochs"):
        import_nasbench101(tmp_path / "a.tfrecord", progress=ignore)


def test_an_environment_plays_it(tmp_path: Path) -> None:
    imported(tmp_path / "a.tfrecord", [record()])
    env = gym.make("awnas/Table-v0", table="nasbench101", action_mode="joint", trial="random")
    env.reset(seed=0)
    _, reward, *_, info = env.step(load_table("nasbench101").columns["archs"].values[0])
    assert reward == pytest.approx(0.92)
    assert "test_accuracy" not in info["metrics"]
