"""How many trainings a minute do 1 and 2 workers do, and what does one evaluation cost?

    python experiments/speed/scratch.py --out experiments/speed/results/scratch.json

Workers: the same random cells by the recipe `fashion14`, in turn with 1 worker (this process) and 2 (processes, started
before): trainings a minute, and the CPU seconds that one takes, which say what there is to gain where CPUs are free.
The machine's load is printed.

Costs: seconds of this process's CPU, one thread, for one training. Those of the recipes of NAS-Bench-201 are
extrapolated: steps of 256 random images of 32x32 are timed, and images that are evaluated, and multiplied by what the
recipe does on CIFAR-10 (25,000 training, 25,000 validation, 10,000 test images).
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.data import Split
from awnas_gym.evaluators.scratch_evaluator import ScratchEvaluator, make_space
from awnas_gym.spaces import SPACES
from awnas_gym.supernets import NETWORKS
from awnas_gym.training import RECIPES
from awnas_gym.training.scratch import evaluate, train
from awnas_gym.training.side_by_side import SideBySide
from awnas_gym.training.threads import torch_threads
from awnas_gym.training.trainer import Job, Trainer
from awnas_gym.workers import make_pool
from experiments.record import write_result

CELLS = {
    "all 3x3 convolutions (the largest)": [3, 3, 3, 3, 3, 3],
    "3 convolutions": [3, 1, 2, 4, 1, 3],
    "skips alone": [1, 1, 1, 1, 1, 1],
}
CIFAR10 = {"train": 25_000, "valid": 25_000, "test": 10_000}
"""Images, as NAS-Bench-201 splits them."""


class Timed:
    """The work of a worker, and what it takes: seconds of the CPU of the process that does it."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def __call__(self, job: Job) -> float:
        """Train an architecture and return the seconds."""
        start = time.process_time()
        self.trainer(job)
        return time.process_time() - start


def workers(archs: int, turns: int) -> dict[str, Any]:
    """Return of 1 and 2 workers the trainings a minute, a list of turns, and the mean CPU seconds of a training."""
    named = RECIPES.load("fashion14")
    space = make_space(named.space, "fashion14", named, {})
    trainer = Trainer(
        space=named.space, settings=space.settings, dataset="fashion14", valid_fraction=named.valid_fraction,
        recipe=named.recipe, seeds=(0,),
    )  # fmt: skip
    pools = {str(count): make_pool("processes", Timed(trainer), workers=count) for count in (1, 2)}
    rates: dict[str, list[float]] = {count: [] for count in pools}
    spent: dict[str, list[float]] = {count: [] for count in pools}
    rng = np.random.default_rng(0)
    for turn in range(turns + 1):
        jobs = [(tuple(row.tolist()), named.recipe.epochs) for row in space.sample(rng, archs)]
        for count, pool in pools.items():
            start = time.perf_counter()
            found = [seconds for _, seconds in pool.run(jobs if turn else jobs[:2])]
            if turn:  # the first starts the processes
                rates[count].append(60 * archs / (time.perf_counter() - start))
                spent[count] += found
    for pool in pools.values():
        pool.close()
    return {
        "per_minute": rates,
        "cpu_s": {count: statistics.mean(each) for count, each in spent.items()},
        "load": os.getloadavg(),
    }


def cpu_s(call: Callable[[], object]) -> float:
    """Return the seconds of this process's CPU that a call takes."""
    start = time.process_time()
    call()
    return time.process_time() - start


def fashion14_costs() -> dict[str, dict[str, float]]:
    """Return CPU seconds of an evaluation by the recipe `fashion14`, with 1 and 3 trainings."""
    found: dict[str, dict[str, float]] = {}
    for trials in (1, 3):
        evaluator = ScratchEvaluator(trials=trials)
        evaluator.prepare([[1, 2, 3, 4, 0, 1]])  # to warm up
        for name, arch in CELLS.items():
            found.setdefault(name, {})[f"{trials}"] = cpu_s(lambda e=evaluator, a=arch: e.prepare([a]))
    return found


def nasbench201_costs(steps: int) -> dict[str, dict[str, float]]:
    """Return CPU seconds of a step and of evaluating 256 images, and of whole trainings, extrapolated."""
    named = RECIPES.load("nasbench201-12ep")
    space = SPACES.load(named.space)(**named.settings)
    size = named.recipe.batch_size
    images = random_images(size * steps)
    data = SideBySide({"train": images}, named.recipe)
    short = replace(named.recipe, epochs=1)
    found = {}
    for name, arch in CELLS.items():
        network = NETWORKS.load(space.name)(space, np.array(arch), copies=1)
        train(network, SideBySide({"train": random_images(size)}, short), short, seeds=[0])  # to warm up
        step = cpu_s(lambda n=network: train(n, data, short, seeds=[0])) / steps
        batch = next(
            SideBySide({"train": images, "valid": images}, replace(short, batch_size=size)).evaluation("valid")
        )
        seen = len(batch[1])
        forward = cpu_s(lambda n=network, b=batch: evaluate(n, [b], copies=1)) / seen
        epoch = math.ceil(CIFAR10["train"] / size) * step + (CIFAR10["valid"] + CIFAR10["test"]) * forward
        found[name] = {
            "step_s": step, "evaluated_image_ms": 1e3 * forward, "12_epochs_h": 12 * epoch / 3600,
            "200_epochs_h": 200 * epoch / 3600,
        }  # fmt: skip
    return found


def random_images(n: int) -> Split:
    """Return random images of CIFAR-10's shape."""
    rng = np.random.default_rng(0)
    pixels: NDArray[np.uint8] = rng.integers(0, 256, size=(n, 3, 32, 32), dtype=np.uint8)
    return Split(pixels, rng.integers(10, size=n))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--archs", type=int, default=8, help="trainings of a turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--steps", type=int, default=2, help="timed steps of NAS-Bench-201's recipe")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with torch_threads(1):
        costs, extrapolated = fashion14_costs(), nasbench201_costs(options.steps)
    print("CPU seconds of an evaluation, recipe fashion14")
    for name, by_trials in costs.items():
        print(f"  {name:36}" + "  ".join(f"{trials} trainings {s:6.2f}" for trials, s in by_trials.items()))
    print("recipe nasbench201-12ep on images of 32x32, one thread")
    for name, each in extrapolated.items():
        print(f"  {name:36}" + "  ".join(f"{key} {value:.3g}" for key, value in each.items()))
    rates = workers(options.archs, options.turns)
    for count, found in rates["per_minute"].items():
        print(
            f"{count} workers: {statistics.median(found):.1f} trainings a minute ({min(found):.1f} … {max(found):.1f})"
        )
    print(f"load {rates['load']}")
    write_result(options.out, {"workers": rates, "fashion14_cpu_s": costs, "nasbench201_extrapolated": extrapolated})


if __name__ == "__main__":
    main()
