"""Does the controller of ENAS learn on shared weights, and what does a small run cost?

python experiments/science/enas_small.py --out experiments/science/results/enas_small.json

`examples/enas.yaml` as it is, beside two controllers on the same schedule that do not learn: uniform random
architectures, and the same LSTM with its first weights, whose biases favour convolutions from the start. What differs
between the last and the first tenth of a run is the weights' learning as well; what differs between the
agents at the same time is the controller, and that the weights were trained on what it drew.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from awnas_gym.search import Run, run
from awnas_gym.sweep import read_content
from awnas_gym.workers import worker_pool
from experiments.record import write_result

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "enas.yaml"
PARTS = 6
"""Stretches of a run whose mean rewards are compared."""


def agents(example: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the controllers that are compared."""
    (controller,) = example["agents"]
    return {
        "enas": controller,
        "enas, not learning": {**controller, "learning_rate": 1e-12},
        "random": {"name": "random"},
    }


def measure(job: tuple[str, Run]) -> dict[str, Any]:
    """Run once; return rewards and what it took (memory: the most of its process, whose runs are alike)."""
    label, config = job
    wall, cpu = time.perf_counter(), time.process_time()
    records = run(config).records
    rewards = np.array([record["reward"] for record in records])
    return {
        "agent": label,
        "seed": config.seed,
        "wall_s": round(time.perf_counter() - wall, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "different": len({record["arch_key"] for record in records}),
        "mean_rewards": [round(float(part.mean()), 4) for part in np.array_split(rewards, PARTS)],
        "best_reward": round(float(rewards.max()), 4),
    }


def main() -> None:
    """Run every controller with every seed and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--evaluations", type=int)
    parser.add_argument("--warmup-epochs", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    example = read_content(EXAMPLE)
    if options.warmup_epochs is not None:
        example["environment"]["warmup_epochs"] = options.warmup_epochs
    budget = example["budget"] if options.evaluations is None else {"evaluations": options.evaluations}
    jobs = [
        (label, Run(environment=example["environment"], agent=agent, budget=budget, seed=seed))
        for seed in range(options.seeds)
        for label, agent in agents(example).items()
    ]
    runs = []
    with worker_pool(options.workers) as pool:
        for found in pool.imap(measure, jobs):
            runs.append(found)
            parts = " ".join(f"{mean:.3f}" for mean in found["mean_rewards"])
            print(
                f"  {found['agent']:<20} seed {found['seed']}  {parts}  best {found['best_reward']:.3f}  "
                f"{found['wall_s']:.0f} s ({found['cpu_s']:.0f} s CPU)  {found['peak_memory_mb']} MB"
            )
    write_result(options.out, {"environment": example["environment"], "budget": budget, "runs": runs})


if __name__ == "__main__":
    main()
