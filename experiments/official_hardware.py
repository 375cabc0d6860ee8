"""Files in the true layout of HW-NAS-Bench and NAS-Bench-Macro, with made-up numbers: for tests and measurements."""

from __future__ import annotations

import itertools
import json
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np

from awnas_gym.ingest.official.hw_nas_bench_fbnet import NETWORKS, entries
from awnas_gym.spaces.nasbench201 import NASBench201

CLASSES = {"cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}
DEVICES = ("edgegpu", "raspi4", "edgetpu", "pixel3", "eyeriss", "fpga")
WITH_ENERGY = ("edgegpu", "eyeriss", "fpga")


def hw_nas_bench(rng: np.random.Generator) -> dict[str, Any]:
    """Return what the pickle of HW-NAS-Bench holds."""
    return {
        "nasbench201": {dataset: _cells(classes, rng) for dataset, classes in CLASSES.items()},
        "fbnet": {name: _blocks(rng) for name in _names() if name != "edgetpu_latency"},
    }


def write_hw_nas_bench(path: Path, content: dict[str, Any]) -> None:
    """Write it."""
    path.write_bytes(pickle.dumps(content, 3))


def _names() -> list[str]:
    return [f"{device}_latency" for device in DEVICES] + [f"{device}_energy" for device in WITH_ENERGY]


def _cells(classes: int, rng: np.random.Generator) -> dict[str, Any]:
    space = NASBench201()
    names = [space.genotype(arch) for arch in space.enumerate()]
    random.Random(88).shuffle(names)  # noqa: S311 - the official order
    found: dict[str, Any] = {name: rng.uniform(1, 50, len(names)) for name in _names()}
    found["eyeriss_arithmetic_intensity"] = rng.uniform(1, 50, len(names))
    found["pixel3_latency"] = found["pixel3_latency"].tolist()
    around = {"name": "infer.tiny", "C": 16, "N": 5}
    found["config"] = [{**around, "arch_str": name, "num_classes": classes} for name in names]
    return found


def _blocks(rng: np.random.Generator) -> dict[str, float]:
    """Return a lookup table with the entries of both variants."""
    keys: list[str] = []
    for variant in NETWORKS:
        fixed, layers = entries(variant)
        keys += [*fixed, *itertools.chain(*layers)]
    return {key: float(rng.uniform(0, 2)) for key in keys}


def nasbench_macro(rng: np.random.Generator) -> dict[str, Any]:
    """Return what the JSON of NAS-Bench-Macro holds: networks of the same function share an entry."""
    found: dict[str, Any] = {}
    for blocks in itertools.product("012", repeat=8):
        stages = [blocks[:2], blocks[2:5], blocks[5:]]
        trained = "".join(
            stage[0] + "".join(each for each in stage[1:] if each != "0").ljust(len(stage) - 1, "0") for stage in stages
        )
        if trained not in found:
            percent = (rng.integers(4500, 9400, 3) / 100).tolist()
            found[trained] = {
                "test_acc": percent,
                "mean_acc": float(np.mean(percent)),
                "std": float(np.std(percent)),
                "params": int(rng.integers(10**5, 3 * 10**6)),
                "flops": int(rng.integers(10**7, 10**8)),
            }
        found["".join(blocks)] = found[trained]
    return found


def write_nasbench_macro(path: Path, content: dict[str, Any]) -> None:
    """Write it."""
    path.write_text(json.dumps(content), encoding="utf-8")
