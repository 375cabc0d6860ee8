"""HW-NAS-Bench from synthetic files in the true layout, and the numbers that its authors print."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.benchmarks import load_table
from awnas_gym.errors import MissingDataError, TableFileError, UnknownNameError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest.official.hw_nas_bench import METRICS, import_hw_nas_bench
from awnas_gym.ingest.official.hw_nas_bench_fbnet import read_fbnet
from awnas_gym.spaces.fbnet import FBNet
from awnas_gym.spaces.nasbench201 import NASBench201
from experiments.official_hardware import hw_nas_bench, write_hw_nas_bench

SPACE = NASBench201()
CONTENT = hw_nas_bench(np.random.default_rng(0))
RNG = np.random.default_rng(1)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hw") / "HW-NAS-Bench-v1_0.pickle"
    write_hw_nas_bench(path, CONTENT)
    return path


def ignore(done: int, total: int) -> None:
    assert 0 < done <= total


def test_every_network_has_its_numbers(file: Path) -> None:
    seen: list[tuple[int, int]] = []
    tables = import_hw_nas_bench(file, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert tuple(table.name for table in tables) == import_hw_nas_bench.tables
    order = list(range(SPACE.size))
    random.Random(88).shuffle(order)
    archs = SPACE.unindex(order)
    for table, (dataset, found) in zip(tables, CONTENT["nasbench201"].items(), strict=True):
        table.write()
        evaluator = TableEvaluator(load_table(f"hw_nas_bench-{dataset}"))
        assert evaluator.space.settings["classes"] == found["config"][0]["num_classes"]
        assert evaluator.yields == set(METRICS.values())
        assert evaluator.coverage() == 1
        metrics = evaluator.evaluate(archs, rng=RNG)
        for name, metric in METRICS.items():
            np.testing.assert_array_equal(metrics[metric], found[name])
    assert evaluator.card["counts"] == {"architectures": 15_625}


def test_what_was_not_measured_stays_missing(tmp_path: Path) -> None:
    content = copy.deepcopy(CONTENT)
    content["nasbench201"]["cifar10"]["raspi4_latency"][3] = np.nan
    write_hw_nas_bench(tmp_path / "a.pickle", content)
    table = import_hw_nas_bench(tmp_path / "a.pickle", progress=ignore)[0]
    assert np.flatnonzero(np.isnan(table.metrics["raspi4_latency_ms"].values)).tolist() == [3]


def changed(*keys: Any, to: Any) -> dict[str, Any]:
    """Return the content with another value under some keys."""
    content = {**CONTENT, "nasbench201": {name: dict(each) for name, each in CONTENT["nasbench201"].items()}}
    found: Any = content["nasbench201"]
    for key in keys[:-1]:
        found[key] = copy.copy(found[key])
        found = found[key]
    found[keys[-1]] = to
    return content


CONFIG = CONTENT["nasbench201"]["cifar100"]["config"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1], "holds no dictionary under nasbench201"),
        ({"nasbench201": {"cifar10": 7}}, "holds no dictionary under nasbench201 / cifar10"),
        (changed("cifar10", to={}), "nasbench201 / cifar10 lacks config, edgegpu_energy, .*, raspi4_latency"),
        (changed("cifar10", "fpga_energy", to=[1.0] * 7), r"fpga_energy is \[1.0.*\]; an entry for each of 15,625"),
        (
            changed("cifar10", "fpga_energy", to=[1.0] * 15_626),
            r"fpga_energy is \[1.0.*\]; an entry for each of 15,625",
        ),
        (changed("cifar10", "fpga_energy", to=None), "fpga_energy is None; an entry for each of 15,625"),
        (changed("cifar10", "pixel3_latency", 4, to="9"), "pixel3_latency of network 4 is '9'; a number from 0"),
        (changed("cifar10", "pixel3_latency", 4, to=-1.0), r"pixel3_latency of network 4 is -1.0"),
        (changed("cifar10", "pixel3_latency", 4, to=np.inf), "pixel3_latency of network 4 is inf"),
        (
            changed("cifar10", "pixel3_latency", 4, to=10**400),
            "pixel3_latency of network 4 is a int of too many digits|is 1",
        ),
        (changed("cifar10", "pixel3_latency", 4, to=True), "pixel3_latency of network 4 is True"),
        (
            changed("cifar100", "config", 5, "num_classes", to=10),
            "cifar100 / config of network 5 is .*; num_classes 100 is",
        ),
        (changed("cifar100", "config", 5, "N", to=np.zeros(2)), "config of network 5 is .*; N 5 is wanted"),
        (changed("cifar100", "config", 5, to=[]), r"config of network 5 is \[\]"),
        (
            changed("cifar100", "config", 5, "arch_str", to="|x~0|"),
            "config of network 5: .* is no nasbench201 genotype",
        ),
        (changed("cifar100", "config", 5, "arch_str", to=7), "config of network 5 is .*; a text arch_str is"),
    ],
)
def test_a_wrong_part_is_named(tmp_path: Path, content: Any, message: str) -> None:
    write_hw_nas_bench(tmp_path / "a.pickle", content)
    with pytest.raises(TableFileError, match=message):
        import_hw_nas_bench(tmp_path / "a.pickle", progress=ignore)


def test_the_same_network_twice_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    content = changed("cifar100", "config", 5, "arch_str", to=CONFIG[2]["arch_str"])
    write_hw_nas_bench(tmp_path / "a.pickle", content)
    with pytest.raises(TableFileError, match="rows 2 and 5 are both"):
        import_hw_nas_bench(tmp_path / "a.pickle", progress=ignore)[1].write()
    assert not (tmp_path / "home").exists()


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"no file at .*absent"):
        import_hw_nas_bench(tmp_path / "absent.pickle", progress=ignore)


# ---------------------------------------------------------------- FBNet


def summed(table: dict[str, float], arch: list[int], *, cifar: bool) -> float:
    """Return the cost of one network, layer by layer as the authors' code adds it up."""
    at, stem, strides = (32, 1, [1, 1, 2, 2, 1, 2, 1]) if cifar else (224, 2, [1, 2, 2, 2, 1, 2, 1])
    head, classes = (1504, 100) if cifar else (1984, 1000)
    forms = ["exp1_kernel3", "exp1_kernel3", "exp3_kernel3", "exp6_kernel3"]
    forms += ["exp1_kernel5", "exp1_kernel5", "exp3_kernel5", "exp6_kernel5"]
    total = table[f"ConvNorm_H{at}_W{at}_Cin3_Cout16_kernel3_stride{stem}_group1"]
    at, width, choices = at // stem, 16, iter(arch)
    stages = zip([16, 24, 32, 64, 112, 184, 352], [1, 4, 4, 4, 4, 4, 1], strides, strict=True)
    for channels, depth, first in stages:
        for i in range(depth):
            choice, stride = next(choices), first if i == 0 else 1
            shape = f"H{at}_W{at}_Cin{width}_Cout{channels}"
            group = 2 if choice in {1, 5} else 1
            total += table[
                f"Skip_{shape}_stride{stride}"
                if choice == 8
                else f"ConvBlock_{shape}_{forms[choice]}_stride{stride}_group{group}"
            ]
            at, width = at // stride, channels
    total += table[f"ConvNorm_H{at}_W{at}_Cin352_Cout{head}_kernel1_stride1_group1"]
    total += table[f"AvgP_H{at}_W{at}_Cin{head}_Cout{head}_kernel{at}_stride1"]
    return total + table[f"FC_Cin{head}_Cout{classes}"]


@pytest.mark.parametrize("variant", ["imagenet", "cifar"])
def test_a_network_of_fbnet_costs_the_sum_of_its_layers(file: Path, variant: str) -> None:
    found = read_fbnet(file, variant)
    archs = FBNet().sample(np.random.default_rng(0), 50)
    assert found.keys() == set(METRICS.values()) - {"edgetpu_latency_ms"}
    for name, metric in METRICS.items():
        if metric in found:
            table = CONTENT["fbnet"][name]
            expected = [summed(table, arch, cifar=variant == "cifar") for arch in archs.tolist()]
            np.testing.assert_allclose(found[metric](archs), expected, rtol=1e-12)


@pytest.mark.parametrize("value", [None, -1.0, "1", True, np.nan, np.inf])
def test_a_wrong_entry_of_fbnet_is_named(tmp_path: Path, value: Any) -> None:
    content = {"fbnet": {name: dict(table) for name, table in CONTENT["fbnet"].items()}}
    content["fbnet"]["raspi4_latency"]["FC_Cin1504_Cout100"] = value
    write_hw_nas_bench(tmp_path / "a.pickle", content)
    read_fbnet(tmp_path / "a.pickle", "imagenet")
    with pytest.raises(TableFileError, match=r"fbnet / raspi4_latency: FC_Cin1504_Cout100 is .*; a number from 0"):
        read_fbnet(tmp_path / "a.pickle", "cifar")


def test_a_variant_that_is_not_there(file: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"No variant of fbnet named 'cifar10'\. Did you mean 'cifar'"):
        read_fbnet(file, "cifar10")


# ---------------------------------------------------------------- the published file


def test_the_published_numbers(published: Callable[[str], Path]) -> None:
    """Networks 0 and 1 in README and `example.ipynb` of the authors' repository."""
    path = published("hw_nas_bench/HW-NAS-Bench-v1_0.pickle")
    cifar10, _, imagenet = import_hw_nas_bench(path, progress=ignore)
    first = {name: float(column.values[0]) for name, column in cifar10.metrics.items()}
    assert first == pytest.approx(
        {
            "edgegpu_latency_ms": 5.807418537139893,
            "edgegpu_energy_mj": 24.226614330768584,
            "raspi4_latency_ms": 10.481976820010459,
            "edgetpu_latency_ms": 0.9571811309997429,
            "pixel3_latency_ms": 3.6058499999999998,
            "eyeriss_latency_ms": 3.645620000000001,
            "eyeriss_energy_mj": 0.6872827644999999,
            "fpga_latency_ms": 2.57296,
            "fpga_energy_mj": 18.01072,
        },
        rel=1e-12,
    )
    assert float(imagenet.metrics["raspi4_latency_ms"].values[1]) == pytest.approx(8.764811480068602, rel=1e-12)
    archs = np.zeros((3, 22), dtype=np.int8)
    archs[1, 21:], archs[2, 20:] = 1, 1
    expected = {"imagenet": [57.65650005702628, 57.98271677602315, 58.2021167500061]}
    expected["cifar"] = [17.618579145142576, 17.505280663142912, 17.43969264414045]
    for variant, latency_ms in expected.items():
        assert read_fbnet(path, variant)["raspi4_latency_ms"](archs) == pytest.approx(latency_ms, rel=1e-9)
