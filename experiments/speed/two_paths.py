"""Phases of mixtures of mobile blocks: a weight step of one sampled path, gradients of two and of all paths.

All cases take a phase in turn, each with paths drawn anew, so that whatever else the machine does meets them alike; a
ratio is the median of those of phases in the same turn. The project's bound: two paths cost at most 2.3 times the
weight step.

python experiments/speed/two_paths.py --out experiments/speed/results/two_paths.json
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.evaluators.relaxed import SMALLEST
from awnas_gym.evaluators.shared_weights import shared_weights
from awnas_gym.spaces.stages import AbstractStages
from experiments.record import write_result

BOUND = 2.3
NETWORKS = (("proxylessnas", 8), ("proxylessnas", 32), ("fbnet", 8), ("fbnet", 16))
"""Spaces, and channels of the stem: the environment's default, and the authors'."""

STEP = "weight step, one path"


def gates(space: AbstractStages, rng: np.random.Generator, paths: int | None) -> NDArray[np.float64]:
    """Return the matrix of a random architecture, with so many paths (None for all) of which one gives the output."""
    matrix: NDArray[np.float64] = space.relax(space.sample(rng, 1)[0])
    legal = space.edge_legal
    order = np.argsort(rng.random(legal.shape) + 2 * (matrix == 0) + 9 * ~legal, axis=1)  # the chosen one comes first
    for row, blocks in enumerate(order.tolist()):
        for block in blocks[1 : legal[row].sum() if paths is None else paths]:
            matrix[row, block] = SMALLEST
    return matrix


def times_ms(
    space: str, channels: int, *, batch_size: int, turns: int, threads: int
) -> dict[str, dict[str, list[float]]]:
    """Return of each phase the milliseconds of each turn, on the clock and of the processors."""
    evaluator: Any = shared_weights(
        space=space, dataset="fashion14", settings={"variant": "cifar", "channels": channels}, relaxed=True,
        batch_size=batch_size, eval_batch_size=batch_size, threads=threads,
    )  # fmt: skip
    evaluator.reset(0)
    rng = np.random.default_rng(0)

    def phase(run: Callable[..., object], paths: int | None) -> Callable[[], object]:
        return lambda: run(gates(evaluator.space, rng, paths), progress=0.0)

    cases = {
        STEP: phase(evaluator.train_mixed, 1),
        "gradient, two paths": phase(evaluator.gradient, 2),
        "gradient, all paths": phase(evaluator.gradient, None),
    }
    found: dict[str, dict[str, list[float]]] = {name: {"wall_ms": [], "cpu_ms": []} for name in cases}
    for turn in range(turns + 1):
        for name, case in cases.items():
            wall, cpu = time.perf_counter(), time.process_time()
            case()
            if turn:  # the first warms up
                found[name]["wall_ms"].append(1000 * (time.perf_counter() - wall))
                found[name]["cpu_ms"].append(1000 * (time.process_time() - cpu))
    return found


def main() -> None:
    """Time every case, print a table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    networks = {}
    for space, channels in NETWORKS:
        found = times_ms(space, channels, batch_size=options.batch_size, turns=options.turns, threads=options.threads)
        phases = {
            name: {clock: statistics.median(ms) for clock, ms in clocks.items()} for name, clocks in found.items()
        }
        ratios = {
            name: {
                clock: statistics.median(a / b for a, b in zip(clocks[clock], found[STEP][clock], strict=True))
                for clock in ("wall_ms", "cpu_ms")
            }
            for name, clocks in found.items()
        }
        networks[f"{space}, {channels} channels"] = {"phases": phases, "over the weight step": ratios}
        print(f"{space}, {channels} channels")
        for name, row in phases.items():
            print(
                f"  {name:<22} {row['wall_ms']:7.0f} ms  processors {row['cpu_ms']:7.0f} ms  times the weight step "
                f"{ratios[name]['wall_ms']:.2f}, {ratios[name]['cpu_ms']:.2f}"
            )
    settings = {name: getattr(options, name) for name in ("threads", "batch_size", "turns")}
    note = "images of 14x14 pixels; the machine was shared with other work"
    write_result(options.out, {**settings, "note": note, "bound": BOUND, "networks": networks})


if __name__ == "__main__":
    main()
