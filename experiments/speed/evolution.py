"""How long do many seeds of regularised evolution take?

    python experiments/speed/evolution.py --out experiments/speed/results/evolution.json

Each seed is a whole recorded run (in memory) on the embedded table: `awnas search` without the files.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.search import Run, run
from awnas_gym.workers import worker_pool
from experiments.record import write_result


def one(job: tuple[int, int]) -> float:
    """Run one seed and return the incumbent's reward."""
    seed, evaluations = job
    config = Run(
        environment={"id": "awnas/NASBench201-v0", "action_mode": "joint"},
        agent={"name": "regularized_evolution"},
        budget={"evaluations": evaluations},
        seed=seed,
    )
    return float(run(config).summary["incumbent"]["reward"])


def main() -> None:
    """Measure and print seconds for all seeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--evaluations", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    start = time.perf_counter()
    with worker_pool(options.workers) as pool:
        rewards = pool.map(one, [(seed, options.evaluations) for seed in range(options.seeds)], chunksize=5)
    seconds = time.perf_counter() - start
    evaluations = options.seeds * options.evaluations
    result = {
        "seconds": seconds,
        "evaluations": evaluations,
        "us_per_evaluation_and_core": seconds * options.workers / evaluations * 1e6,
        "mean_best_reward": float(np.mean(rewards)),
    }
    for name, value in result.items():
        print(f"{name:<28} {value:>12,.3f}")
    write_result(options.out, result)


if __name__ == "__main__":
    main()
