"""Which settings of Stable-Baselines3's agents search best? The source of `awnas_gym/agents/sb3_settings.yaml`.

    python experiments/science/sb3_settings.py --out experiments/science/results/sb3_settings.json

Nine settings an agent, around the defaults, on the embedded table of NAS-Bench-201 by validation accuracy, with seeds
from 1000 up, which no comparison uses. The best mean reward of the best architecture after 300 evaluations is taken;
that it is the best of many is why its own mean is no result here. NAS-Bench-101 gets the same settings: the one file of
it that is at hand holds test accuracy alone, by which nothing should be chosen.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.search import Run, run
from awnas_gym.workers import worker_pool
from experiments.record import write_result

ENVIRONMENT = {"id": "awnas/NASBench201-v0"}
FIRST_SEED = 1000
RATES = [1e-3, 3e-3, 1e-2]
ON_POLICY = {"learning_rate": RATES, "evaluations_per_update": [5, 10, 20]}
GRIDS: dict[str, dict[str, list[Any]]] = {
    "sb3_ppo": ON_POLICY,
    "sb3_a2c": {"learning_rate": RATES, "evaluations_per_update": [2, 5, 10]},
    "sb3_dqn": {"learning_rate": [3e-4, 1e-3, 3e-3], "exploration_fraction": [0.2, 0.5, 0.8]},
    "sb3_maskable_ppo": ON_POLICY,
}


def best_reward(agent: dict[str, Any], evaluations: int, seed: int) -> float:
    """Return the highest reward of a search."""
    config = Run(environment=ENVIRONMENT, agent=agent, budget={"evaluations": evaluations}, seed=seed)
    return float(max(record["reward"] for record in run(config).records))


def choose(options: argparse.Namespace, pool: Pool) -> dict[str, Any]:
    """Return of each agent the best settings, and the mean best reward of all that were tried."""
    found = {}
    for name, grid in GRIDS.items():
        tried = []
        for values in itertools.islice(itertools.product(*grid.values()), options.most):
            settings = dict(zip(grid, values, strict=True))
            agent = {"name": name, **settings}
            jobs = [(agent, options.evaluations, FIRST_SEED + seed) for seed in range(options.seeds)]
            rewards = pool.starmap(best_reward, jobs)
            tried.append({"settings": settings, "mean": float(np.mean(rewards)), "std": float(np.std(rewards))})
            print(f"{name:<18} {settings}  {tried[-1]['mean']:.5f}", flush=True)
        found[name] = {"best": max(tried, key=lambda each: each["mean"]), "tried": tried}
    return found


def main() -> None:
    """Go through the grids."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--most", type=int, default=10**6, help="settings of an agent that are tried, for a short look")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with worker_pool(options.workers) as pool:
        found = choose(options, pool)
    result = {"environment": ENVIRONMENT, "evaluations": options.evaluations, "seeds": options.seeds, "agents": found}
    write_result(options.out, result)


if __name__ == "__main__":
    main()
