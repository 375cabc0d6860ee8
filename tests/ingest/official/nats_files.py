"""Small files in the true layout of NATS-Bench and NAS-Bench-201, with numbers that can be told apart."""

from __future__ import annotations

import bz2
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

from awnas_gym.ingest.official.nats_records import Benchmark
from awnas_gym.spaces import SPACES

SETUPS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("ori-test", "x-valid", "x-test"),
    "ImageNet16-120": ("ori-test", "x-valid", "x-test"),
}


def genotypes(benchmark: Benchmark) -> list[str]:
    """Return every architecture of the space, in our order: any order is legal in a file."""
    space = SPACES.load(benchmark.space)()
    return [space.genotype(arch) for arch in space.unindex(range(space.size))]


def accuracy(index: int, seed: int, setup: str, split: str, epoch: int) -> float:
    """Return a made-up accuracy in percent, different for everything."""
    place = [*SETUPS].index(setup) * 4 + ["train", "x-valid", "x-test", "ori-test"].index(split)
    return 10 + place * 5 + index % 7 / 2 + seed % 10 / 10 + epoch / 1000


def run(index: int, seed: int, setup: str, epochs: int) -> dict[str, Any]:
    """Return one training."""
    # after long trainings the data sets with two kinds of test images have those at the end alone
    seen = {
        split: range(epochs) if epochs < 100 or split == SETUPS[setup][0] else [epochs - 1] for split in SETUPS[setup]
    }
    found = {f"{split}@{e}": accuracy(index, seed, setup, split, e) for split, each in seen.items() for e in each}
    return {
        "name": setup,
        "train_acc1es": {e: accuracy(index, seed, setup, "train", e) for e in range(epochs)},
        "train_acc5es": None,
        "train_losses": {e: 2.0 - e / epochs for e in range(epochs)},
        "train_times": dict.fromkeys(range(epochs), 2.0),
        "arch_config": {"channel": 16},
        "params": 0.129306,
        "flop": 15.64737,
        "seed": seed,
        "epochs": epochs,
        "latency": [0.0125, 0.0135],
        "eval_names": list(SETUPS[setup]),
        "eval_acc1es": found,
        "eval_times": {f"{split}@{e}": 0.5 for split in SETUPS[setup] for e in range(epochs)},
        "eval_losses": dict.fromkeys(found, 3.0),
        "net_state_dict": None,
    }


def record(benchmark: Benchmark, index: int, genotype: str) -> dict[str, Any]:
    """Return one architecture: all seeds, after 12 epochs of all set-ups but `cifar10-valid` the first alone."""
    found: dict[str, Any] = OrderedDict()
    for training, epochs in benchmark.trainings.items():
        runs = {}
        for seed in benchmark.seeds[training]:
            for setup in SETUPS:
                if epochs != 12 or setup == "cifar10-valid" or seed == benchmark.seeds[training][0]:
                    runs[setup, seed] = run(index, seed, setup, epochs)
        found[training] = {
            "arch_index": index,
            "arch_str": genotype,
            "all_results": OrderedDict(runs),
            "dataset_seed": {},
            "clear_net_done": True,
        }
    return found


def write_folder(folder: Path, benchmark: Benchmark, indices: list[int]) -> None:
    """Write a `simple` folder of some architectures."""
    folder.mkdir()
    names = genotypes(benchmark)
    meta = {"meta_archs": names, "total_archs": len(names), "arch2infos": None, "evaluated_indexes": set()}
    (folder / "meta.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(meta)))
    for index in indices:
        packed = bz2.compress(pickle.dumps(record(benchmark, index, names[index]), protocol=4))
        (folder / f"{index:06d}.pickle.pbz2").write_bytes(packed)


def whole(benchmark: Benchmark, indices: list[int]) -> dict[str, Any]:
    """Return what a file with all records holds, of some architectures."""
    names = genotypes(benchmark)
    infos = OrderedDict((index, record(benchmark, index, names[index])) for index in indices)
    return {"meta_archs": names, "arch2infos": infos, "evaluated_indexes": set(indices)}
