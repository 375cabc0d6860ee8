"""Training steps of shared weights by one process and by two under torchrun, on the same batches; one thread each.

python experiments/speed/distributed.py --out experiments/speed/results/distributed.json
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.evaluators.shared_weights import shared_weights
from awnas_gym.training.distributed import process_group
from experiments.record import write_result


def measure(channels: int, cells: int, batch_size: int, steps: int) -> None:
    """Train in this process, with the others if there are some; rank 0 prints the median step."""
    with process_group() as ranks:
        settings = {"channels": channels, "cells": cells}
        evaluator = shared_weights(space="enas", settings=settings, batch_size=batch_size, measures=())
        evaluator.reset(0)
        archs = evaluator.space.sample(np.random.default_rng(0), steps + 2)
        wall, cpu = [], []
        for arch in archs:
            ranks.wait()
            begin, begin_cpu = time.perf_counter(), time.process_time()
            evaluator.train(arch[None])
            wall.append(time.perf_counter() - begin)
            cpu.append(time.process_time() - begin_cpu)
        if ranks.rank == 0:
            medians = {"wall_ms": statistics.median(wall[2:]), "cpu_ms": statistics.median(cpu[2:])}
            print(json.dumps({name: 1000 * value for name, value in medians.items()}))


def launch(processes: int, options: argparse.Namespace, channels: int, cells: int) -> dict[str, float]:
    """Return what rank 0 of so many processes prints."""
    words = [
        "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), str(Path(__file__)),
        "--worker", str(channels), str(cells), "--batch-size", str(options.batch_size), "--steps", str(options.steps),
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, *words], env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure in turn, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=int, nargs="+", default=[8, 5, 16, 8], help="channels and cells of each")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--worker", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.worker is not None:
        measure(*options.worker, options.batch_size, options.steps)
        return
    rows: list[dict[str, Any]] = []
    for channels, cells in zip(options.networks[::2], options.networks[1::2], strict=True):
        turns = [{n: launch(n, options, channels, cells) for n in (1, 2)} for _ in range(options.turns)]
        row: dict[str, Any] = {"channels": channels, "cells": cells}
        for n in (1, 2):
            for name in ("wall_ms", "cpu_ms"):
                row[f"{name}_of_{n}"] = statistics.median(turn[n][name] for turn in turns)
        rows.append(row)
        print(
            f"  {channels} channels, {cells} cells: one process {row['wall_ms_of_1']:.0f} ms a step, two "
            f"{row['wall_ms_of_2']:.0f} ms ({row['wall_ms_of_1'] / row['wall_ms_of_2']:.2f} x); processor "
            f"{row['cpu_ms_of_1']:.0f} ms, {row['cpu_ms_of_2']:.0f} ms each"
        )
    write_result(options.out, {"load": os.getloadavg()[0], "batch_size": options.batch_size, "networks": rows})


if __name__ == "__main__":
    main()
