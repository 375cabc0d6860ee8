"""Folders in the true layout of NATS-Bench's topologies, with made-up numbers: for measurements.

Key by key, type by type and nearly byte by byte as large as the official records of three seeds. Accuracies are shares
of as many images as the real ones are of, so that they pack as badly.
"""

from __future__ import annotations

import bz2
import itertools
import pickle
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from awnas_gym.ingest.official.nats_records import TOPOLOGY
from awnas_gym.spaces.nasbench201 import NASBench201


class Setup(NamedTuple):
    """What a network is trained on: classes, training images, and images of each evaluation."""

    classes: int
    images: int
    evaluations: dict[str, int]


SETUPS = {
    "cifar10-valid": Setup(10, 25_000, {"x-valid": 25_000, "ori-test": 10_000}),
    "cifar10": Setup(10, 50_000, {"ori-test": 10_000}),
    "cifar100": Setup(100, 50_000, {"x-valid": 5_000, "x-test": 5_000, "ori-test": 10_000}),
    "ImageNet16-120": Setup(120, 151_700, {"x-valid": 3_000, "x-test": 3_000, "ori-test": 6_000}),
}
RUNS = {
    "12": [("cifar10-valid", 777), *((setup, 111) for setup in SETUPS)],
    "200": [(setup, seed) for seed in (999, 777, 888) for setup in SETUPS],
}
"""Set-up and seed of each run of a training, in the official order."""


def genotypes() -> list[str]:
    """Return every topology; any order is legal in a file."""
    space = NASBench201()
    return [space.genotype(arch) for arch in space.enumerate()]


def nats_record(index: int, genotype: str, rng: np.random.Generator) -> OrderedDict[str, Any]:
    """Return what the file of an architecture holds."""
    hardware = {setup: (rng.uniform(0.07, 1.53), rng.uniform(8, 220), rng.uniform(0.01, 0.03)) for setup in SETUPS}
    return OrderedDict(
        (
            training,
            {
                "arch_index": index,
                "arch_str": genotype,
                "all_results": {
                    run: _run(genotype, run, TOPOLOGY.trainings[training], hardware[run[0]], rng) for run in runs
                },
                "dataset_seed": {setup: sorted(seed for each, seed in runs if each == setup) for setup in SETUPS},
                "clear_net_done": True,
            },
        )
        for training, runs in RUNS.items()
    )


def _run(
    genotype: str, run: tuple[str, int], epochs: int, hardware: tuple[float, ...], rng: np.random.Generator
) -> dict[str, Any]:
    (setup, seed), every = run, range(epochs)
    about = SETUPS[setup]
    names = list(about.evaluations)
    if epochs > 12:  # one evaluation after each epoch, the others after the last
        names.sort(key=lambda name: name != ("x-valid" if setup == "cifar10-valid" else "ori-test"))
    kept = [f"{name}@{e}" for i, name in enumerate(names) for e in (every if epochs == 12 or i == 0 else [epochs - 1])]
    seconds, evaluation_s = rng.uniform(5, 80), rng.uniform(0.2, 2)
    params, macs, latency_s = hardware
    return {
        "name": setup,
        "train_acc1es": _accuracies(every, about.images, rng),
        "train_acc5es": _accuracies(every, about.images, rng) if epochs == 12 else None,
        "train_losses": dict(zip(every, rng.uniform(0, 4, epochs).tolist(), strict=True)),
        "train_times": OrderedDict.fromkeys(every, seconds),
        "arch_config": {"channel": 16, "num_cells": 5, "arch_str": genotype, "class_num": about.classes},
        "params": np.float64(params),
        "flop": macs,
        "seed": f"{seed:04d}",
        "epochs": epochs,
        "latency": [np.float64(latency_s)],
        "eval_names": names,
        "eval_acc1es": {
            key: value
            for name, each in itertools.groupby(kept, lambda key: key.partition("@")[0])
            for key, value in _accuracies(list(each), about.evaluations[name], rng).items()
        },
        "eval_times": {f"{name}@{e}": evaluation_s for name in about.evaluations for e in every},
        "eval_losses": dict(zip(kept, rng.uniform(0, 4, len(kept)).tolist(), strict=True)),
        "net_state_dict": None,
    }


def _accuracies(keys: Iterable[Any], images: int, rng: np.random.Generator) -> dict[Any, float]:
    """Return percentages by key, ascending."""
    keys = list(keys)
    correct = np.sort(rng.integers(images // 100, images, len(keys)))
    return dict(zip(keys, (correct / images * 100).tolist(), strict=True))


def write_meta(folder: Path) -> list[str]:
    """Write the list of architectures and return it."""
    names = genotypes()
    meta = {"meta_archs": names, "total_archs": len(names), "arch2infos": None, "evaluated_indexes": set()}
    (folder / "meta.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(meta, 4)))
    return names


def write_records(folder: Path, names: dict[int, str]) -> None:
    """Write records, given the architecture of each number; numbers alone say what is in a record."""
    for index, genotype in names.items():
        record = nats_record(index, genotype, np.random.default_rng(index))
        (folder / f"{index:06d}.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(record, 4)))
