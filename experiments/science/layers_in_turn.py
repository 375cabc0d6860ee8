"""How far sums over layers are from whole networks: layers that take turns, and each again and again by itself.

    python experiments/science/layers_in_turn.py --out experiments/science/results/layers_in_turn.json

On a machine that does nothing else; with `--cpu-time` the seconds that this thread had a processor count instead, and
other programs disturb less.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from awnas_gym.cli.progress import progress_bar
from awnas_gym.hardware import LayerSum, LayerTable
from awnas_gym.profiling import runner, together
from awnas_gym.profiling.layers import profile_layers
from awnas_gym.profiling.torch_layers import torch_layer
from awnas_gym.profiling.torch_runtime import TorchRuntime
from awnas_gym.seeding import generator
from awnas_gym.spaces import SPACES, AbstractSpace
from awnas_gym.supernets import NETWORKS
from awnas_gym.supernets.copies import fold_batch_norm
from experiments.record import write_result

SETTINGS: dict[str, dict[str, Any]] = {
    "nasbench201": {},
    "nasbench101": {},
    "darts": {"channels": 16, "cells": 8},
    "fbnet": {},
    "proxylessnas": {},
    "nasbench_macro": {},
}


def alone(table: LayerTable, min_run_s: float) -> LayerTable:
    """Return the table of the same layers, each by itself."""
    rows = {}
    for layer in table.rows:
        run, inputs = torch_layer(layer, batch_size=1, device="cpu")
        rows[layer] = runner.time_ms(partial(run, *inputs), min_run_s)
    return LayerTable("alone", rows, {})


def network_ms(space: AbstractSpace, arch: Any, min_run_s: float, rounds: int) -> float:  # noqa: ANN401 - one row
    """Return the least of the medians of a whole network."""
    network = NETWORKS.load(space.name)(space, arch).eval()
    fold_batch_norm(network)
    network.to(memory_format=torch.channels_last)
    sizes = space.settings
    images = torch.zeros(1, sizes["image_channels"], *[sizes["image_size"]] * 2)
    return min(runner.time_ms(lambda: network(images), min_run_s)["latency_ms"] for _ in range(rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--spaces", nargs="*", default=list(SETTINGS), choices=SETTINGS)
    parser.add_argument("--networks", type=int, default=20, help="of each space")
    parser.add_argument("--min-run-s", type=float, default=0.1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cpu-time", action="store_true")
    options = parser.parse_args()
    if options.cpu_time:
        for module in (runner, together):
            module.time = SimpleNamespace(perf_counter=time.thread_time)  # type: ignore[attr-defined]
    torch.set_num_threads(1)
    runtime = TorchRuntime(threads=1, batch_size=1, min_run_s=options.min_run_s, device="cpu")
    found = {}
    for name in options.spaces:
        settings = SETTINGS[name]
        space = SPACES.load(name)(**settings)
        archs = space.sample(generator(0, "layers_in_turn"), options.networks)
        with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
            path, watch = Path(folder) / "x.csv", partial(progress_bar, label=name)
            table = profile_layers([space], runtime, path, watch=watch, rounds=options.rounds)
            tables = {"turns": table, "alone": alone(table, options.min_run_s)}
            whole_ms = np.array([network_ms(space, arch, options.min_run_s, options.rounds) for arch in archs])
        found[name] = {"settings": settings}
        for way, each in tables.items():
            ratio = LayerSum(space, each)(archs)["latency_ms"] / whole_ms
            found[name][way] = np.round(np.quantile(ratio, [0, 0.5, 1]), 3).tolist()
        print(name, found[name])
    about = "sum over layers divided by the whole network's latency: least, median, largest"
    write_result(options.out, {"about": about, "cpu_time": options.cpu_time, "spaces": found})


if __name__ == "__main__":
    main()
