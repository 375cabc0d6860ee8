"""A user's own official files, in `$AWNAS_DATA`: what the papers say of them. Off unless `AWNAS_TEST_NASBENCH=1`.

Published optima: NAS-Bench-101's of nas_benchmarks [Klein & Hutter, 2019]; NAS-Bench-201's of HPOBench's documentation;
NAS-Bench-Macro's computed of its file. Numbers of NAS-Bench-ASR: its README's. Each is imported into a home of its own.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.benchmarks import load_table
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.home import data_folder
from awnas_gym.ingest.official import IMPORTERS
from awnas_gym.metrics import Metrics

pytestmark = pytest.mark.skipif(
    os.environ.get("AWNAS_TEST_NASBENCH") != "1",
    reason="needs official files in $AWNAS_DATA, and AWNAS_TEST_NASBENCH=1",
)

NASBENCH201_FILES = (
    ("nats-tss", "NATS-tss-v1_0-3ffb9-simple"),
    ("nats-tss", "NATS-tss-v1_0-3ffb9.pickle.pbz2"),
    ("nasbench201", "NAS-Bench-201-v1_1-096897.pth"),
    ("nasbench201", "NAS-Bench-201-v1_0-e61699.pth"),
)


def imported(importer: str, file: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the tables of a file of the user's, or skip."""
    path = data_folder() / file
    if not path.exists():
        pytest.skip(f"there is no {path}")
    monkeypatch.setenv("AWNAS_DATA", str(path.parent))
    monkeypatch.setenv("AWNAS_HOME", str(home))
    for table in IMPORTERS.load(importer)(path, progress=lambda done, total: None):
        table.write()


def everything(table: str, fidelity: int | None = None) -> tuple[TableEvaluator, Metrics]:
    """Return a table's evaluator and the means of all its trainings."""
    evaluator = TableEvaluator(load_table(table))
    found = evaluator.evaluate(evaluator.population(), fidelity=fidelity, rng=np.random.default_rng(0))
    return evaluator, found


@pytest.mark.parametrize("file", ["nasbench_only108.tfrecord", "nasbench_full.tfrecord"])
def test_nasbench101(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported("nasbench101", file, tmp_path, monkeypatch)
    evaluator, found = everything("nasbench101", 108)
    assert evaluator.card["counts"]["trainings"]["108"] == {"3": 423_624}
    assert evaluator.card["classes"] == 423_624
    assert found["test_accuracy"].max() == pytest.approx(0.943176, abs=1e-6)
    assert found["valid_accuracy"].max() == pytest.approx(0.950554, abs=1e-6)
    arch = evaluator.space.parse(
        "0100110/0010000/0001001/0000010/0000010/0000001/0000000 "
        "conv3x3-bn-relu,maxpool3x3,conv3x3-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu"
    )
    row = int(evaluator.places(arch)[0])
    assert found["params"][row] == 8_555_530
    assert found["valid_accuracy"][row] == pytest.approx(0.926416, abs=1e-6)
    assert found["test_accuracy"][row] == pytest.approx(0.920606, abs=1e-6)
    assert found["cost_s"][row] / 3 == pytest.approx(1768.78, abs=0.01)
    sample = np.random.default_rng(0).choice(len(found["params"]), 200, replace=False)
    for i in sample:
        layers = evaluator.space.layers(evaluator.population()[i])
        assert sum(layer.params for layer in layers) == found["params"][i]


@pytest.mark.parametrize(("importer", "file"), NASBENCH201_FILES)
def test_nasbench201(importer: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(importer, file, tmp_path, monkeypatch)
    best = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|{}~2|"
    for dataset, metric, value, architecture in (
        ("cifar10", "valid_accuracy", 0.9160667, best.format("nor_conv_1x1")),
        ("cifar10", "test_accuracy", 0.94373, best.format("nor_conv_1x1")),
        ("cifar100", "valid_accuracy", 0.734933, best.format("nor_conv_3x3")),
        ("cifar100", "test_accuracy", 0.735133, best.format("nor_conv_3x3")),
        ("ImageNet16-120", "valid_accuracy", 0.467333, None),
        ("ImageNet16-120", "test_accuracy", 0.473111, None),
    ):
        evaluator, found = everything(f"nasbench201-{dataset}")
        assert len(evaluator.population()) == 15_625
        assert np.nanmax(found[metric]) == pytest.approx(value, abs=2e-4)  # the releases differ in the last digits
        if architecture:
            assert evaluator.space.genotype(evaluator.population()[np.nanargmax(found[metric])]) == architecture
        layers = evaluator.space.layers(evaluator.population()[0])
        assert sum(layer.params for layer in layers) == found["params"][0]


def test_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported("nats-sss", "NATS-sss-v1_0-50262-simple", tmp_path, monkeypatch)
    evaluator, found = everything("nats_size-cifar10")
    assert evaluator.card["counts"]["trainings"]["90"] == {"1": 32_768}
    assert found["params"].min() == 11_714


def test_hw_nas_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported("hw-nas-bench", "HW-NAS-Bench-v1_0.pickle", tmp_path, monkeypatch)
    evaluator, found = everything("hw_nas_bench-cifar10")
    genotype = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
    row = int(evaluator.places(evaluator.space.parse(genotype))[0])
    assert found["edgegpu_latency_ms"][row] == pytest.approx(5.8074, abs=1e-3)
    assert found["fpga_energy_mj"][row] == pytest.approx(18.01072, abs=1e-4)


def test_nasbench_macro(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported("nasbench-macro", "nas-bench-macro_cifar10.json", tmp_path, monkeypatch)
    evaluator, found = everything("nasbench_macro")
    assert found["test_accuracy"].max() == pytest.approx(0.931267, abs=1e-6)
    assert found["test_accuracy"].min() == pytest.approx(0.453633, abs=1e-6)
    row = int(evaluator.places(evaluator.space.parse("22212220"))[0])
    assert (found["params"][row], found["macs"][row]) == (1_985_514, 85_164_544)


def test_nasbench_asr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported("nasbench-asr", "nb-asr-e40-1234.pickle", tmp_path, monkeypatch)
    evaluator, found = everything("nasbench_asr-timit")
    assert evaluator.card["counts"]["trainings"]["40"] == {"1": 8242}
    row = int(evaluator.places(evaluator.space.parse("[[1, 0], [1, 0, 0], [1, 0, 0, 0]]"))[0])
    assert found["valid_phoneme_error_rate"][row] == pytest.approx(0.21226008, abs=1e-7)
    assert found["test_phoneme_error_rate"][row] == pytest.approx(0.23395704, abs=1e-7)


def test_nasbench_nlp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported("nasbench-nlp", "train_logs_single_run/logs.zip", tmp_path, monkeypatch)
    evaluator, found = everything("nasbench_nlp-ptb")
    for i in np.random.default_rng(0).choice(len(found["params"]), 200, replace=False):
        layers = evaluator.space.layers(evaluator.population()[i])
        assert sum(layer.params for layer in layers) == found["params"][i]
