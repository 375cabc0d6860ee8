"""How much of the exact hypervolume do agents find by two objectives on NAS-Bench-201?

    python experiments/science/nsga2_hypervolume.py --csv nb201.csv.gz --npz latency_ms.npz \
        --out experiments/science/results/nsga2_hypervolume.json

The objectives are the validation error on CIFAR-10 after 12 epochs, and the latency on a device, by default a GTX 1080
Ti with one image; the NPZ has an array a device, in the order of the CSV's rows. They are scaled by the ideal and the
nadir of the exact front, and the reference point is 1.1 (`awnas_gym.pareto.scaled_hypervolume`). Evaluations count also
where an architecture is asked for again. The defaults of `nsga2` were chosen on this landscape with seeds from 100 up.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.agents import AGENTS
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.ingest import add_table, read_columns
from awnas_gym.pareto import Front, scaled_hypervolume
from awnas_gym.spaces.nasbench201 import NASBench201
from experiments.record import write_result

SHOWN = (100, 200, 300, 500, 750, 1000, 1500, 2000, 3000)
"""Evaluations after which the share is told."""


def environment(csv: Path, npz: Path, device: str, folder: Path) -> gym.Env:
    """Return the environment of both files' numbers."""
    os.environ["AWNAS_HOME"] = str(folder)
    columns = read_columns(csv)
    latencies = np.load(npz)[device].astype(np.float64)
    table = add_table(
        {"arch": columns["arch"], "valid": columns["cifar10_valid_12"], "latency": latencies},
        name="both",
        space=NASBench201(),
        metrics=["valid_accuracy=valid/100", "latency_ms=latency"],
    )
    keywords = {"table": str(table), "objectives": "accuracy,latency_ms", "action_mode": "joint"}
    return gym.make("awnas/Table-MO-v0", disable_env_checker=True, **keywords)


def shares(env: gym.Env, agent: dict[str, Any], seed: int, evaluations: int) -> NDArray[np.float64]:
    """Return the share of the exact hypervolume after each evaluation, `[evaluations]`."""
    history = History(Budget(evaluations=evaluations))
    settings = {name: value for name, value in agent.items() if name != "name"}
    AGENTS.load(agent["name"])(Recorder(env, history), seed=seed, **settings).learn(total_timesteps=evaluations)
    reference = env.unwrapped.reference
    scale = reference["ideal"], reference["nadir"]
    exact = scaled_hypervolume(reference["front"], *scale)
    front, found = Front(1, 2), np.zeros(evaluations)
    for i, record in enumerate(history.records):
        before = front.rewards
        front.add(np.array([[i]]), np.array([record["reward"]]))
        found[i] = found[i - 1] if front.rewards is before else scaled_hypervolume(front.rewards, *scale) / exact
    return found


def main() -> None:
    """Run every agent with every seed and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--npz", type=Path, required=True)
    parser.add_argument("--device", default="1080ti_1")
    parser.add_argument("--agents", nargs="+", default=["random", "pareto_evolution", "cars", "nsga2"])
    parser.add_argument("--evaluations", type=int, default=1500)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        env = environment(options.csv, options.npz, options.device, Path(folder))
        reference = env.unwrapped.reference
        shown = [n for n in SHOWN if n <= options.evaluations] or [options.evaluations]
        print(f"{len(reference['front'])} on the exact front; median share of its hypervolume after evaluations:")
        print(" " * 18, *(f"{n:>8,}" for n in shown), "   at the end, all seeds")
        for name in options.agents:
            seeds = range(options.first_seed, options.first_seed + options.seeds)
            curves = np.stack([shares(env, {"name": name}, seed, options.evaluations) for seed in seeds])
            medians = {str(n): float(np.median(curves[:, n - 1])) for n in shown}
            low, median, high = (float(each(curves[:, -1])) for each in (np.min, np.median, np.max))
            end = {"min": low, "median": median, "max": high}
            settings = AGENTS.load(name)(env, seed=0).settings
            results[name] = {"settings": settings, "median": medians, "end": end}
            print(f"  {name:<16}", *(f"{share:8.4f}" for share in medians.values()), f"   {low:.4f} … {high:.4f}")
    asked = {"device": options.device, "evaluations": options.evaluations}
    asked |= {"seeds": options.seeds, "first_seed": options.first_seed}
    write_result(options.out, {**asked, "front": reference["front"], "results": results})


if __name__ == "__main__":
    main()
