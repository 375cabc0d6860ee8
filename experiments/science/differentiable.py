"""Gradient methods on NAS-Bench-201's cells and `fashion14`, against its table and random search in equal time.

Each seed of a method searches once and is asked for its architecture; its seconds are counted. A random search that
trains each cell from scratch gets the same seconds: as many trainings as fit in, by the measured time of one. Both run
on one thread; seconds are those of the processor. Both report the accuracy that the table has of their pick, the mean
of two trainings that neither has seen.

Settings are the papers' but for two: the learning rate of the logits is the same for all methods and so large that it
times the number of its steps is as in DARTS (3e-4 in 19,500 steps), and that of the weights is one at which the network
learns within the few epochs there are. Nothing was tried out by a method's result.

python experiments/science/differentiable.py --out experiments/science/results/differentiable.json --workers 2
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.benchmarks import load_table
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import BudgetExhausted
from awnas_gym.search import Run
from awnas_gym.seeding import generator
from awnas_gym.workers import worker_pool
from experiments.compare import interval
from experiments.fashion_truth import one_training_s, random_from_scratch, true_accuracy
from experiments.record import write_result

DARTS_TRAVEL = 3e-4 * 19_500
"""How far Adam can move a logit in the search of DARTS: its learning rate times its steps."""

METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "random one-hot": ("random", {}),
    "darts": ("darts", {}),
    "darts, second order": ("darts", {"order": 2}),
    "snas": ("snas", {"joint": True}),
    "gdas": ("gdas", {}),
    "pc_darts, edge weights alone": ("pc_darts", {}),
    "drnas": ("drnas", {}),
    "beta_darts": ("beta_darts", {}),
    "fbnet": ("fbnet", {"objective": "loss_times_log_cost"}),
    "proxylessnas": ("proxylessnas", {"weight_steps": 5}),
    "evolution_strategy": ("evolution_strategy", {}),
}
"""Label -> agent and keywords of the environment. Partial channels are of the cells of DARTS alone."""


def one(job: tuple[str, int, int, dict[str, Any]]) -> dict[str, Any]:
    """Search once; return what the agent came to, and the seconds."""
    label, seed, max_steps, keywords = job
    agent_name, own = METHODS[label]
    environment = {"id": "awnas/CNN-DARTS-v0", **keywords, **own, "max_steps": max_steps}
    start = time.process_time()
    env = Run(environment=environment, agent={"name": agent_name}, seed=seed).make_env()
    gradients = env.get_wrapper_attr("evaluations")
    settings = {} if agent_name == "random" else {"learning_rate": DARTS_TRAVEL / gradients}
    agent = Run(environment=environment, agent={"name": agent_name, **settings}, seed=seed).make_agent(
        Recorder(env, history := History(Budget(evaluations=gradients)))
    )
    with contextlib.suppress(BudgetExhausted):
        agent.learn(total_timesteps=2 * max_steps)
    arch = agent.propose(1, seed=0)
    seconds = time.process_time() - start
    space = env.get_wrapper_attr("space")
    losses = [record["metrics"].get("train_loss", np.nan) for record in history.records]
    return {
        "method": label, "seed": seed, "seconds": seconds, "settings": settings,
        "architecture": space.genotype(arch[0]), "accuracy": float(true_accuracy(arch, seed)[0]),
        "first_loss": float(np.nanmean(losses[:10])), "last_loss": float(np.nanmean(losses[-10:])),
    }  # fmt: skip


def summarised(rows: list[dict[str, Any]], training_s: float, rng: np.random.Generator) -> dict[str, Any]:
    """Return a method's mean accuracy beside that of random search in the same time, and the gain's interval."""
    scratch = np.array([random_from_scratch(row["seconds"], training_s, row["seed"]) for row in rows])
    found = np.array([row["accuracy"] for row in rows])
    return {
        "seconds": float(np.mean([row["seconds"] for row in rows])),
        "accuracy": float(found.mean()), "accuracy_interval": interval(found, rng),
        "random_from_scratch": float(scratch.mean()),
        "gain": float((found - scratch).mean()), "gain_interval": interval(found - scratch, rng),
        "first_loss": float(np.mean([row["first_loss"] for row in rows])),
        "last_loss": float(np.mean([row["last_loss"] for row in rows])),
    }  # fmt: skip


def main() -> None:
    """Search with every method and seed, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--max-steps", type=int, default=600, help="phases of a search")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    table = load_table("fashion14")
    keywords = {name: table.space["settings"][name] for name in ("channels", "cells", "reduction")}
    keywords |= {"space": "nasbench201", "dataset": "fashion14", "batch_size": 64, "eval_batch_size": 64}
    keywords |= {"learning_rate": 0.1, "lowest_rate": 0.001, "crop": 0, "flip": False}
    jobs = [(method, seed, options.max_steps, keywords) for seed in range(options.seeds) for method in options.methods]
    rows: list[dict[str, Any]] = []
    trainings_s = [one_training_s(0)]
    with worker_pool(options.workers) as pool:
        for row in pool.imap(one, jobs):
            rows.append(row)
            print(
                f"  {row['method']:<30} seed {row['seed']:<3} {row['seconds']:.0f} s  {row['accuracy']:.4f}", flush=True
            )
    trainings_s.append(one_training_s(1))  # what else the machine does changes while this runs
    training_s = float(np.mean(trainings_s))
    rng = generator(0, "bootstrap")
    summary = {}
    for method in options.methods:
        row = summary[method] = summarised([each for each in rows if each["method"] == method], training_s, rng)
        low, high = row["gain_interval"]
        print(
            f"  {method:<30} {row['seconds']:.0f} s, {row['seconds'] / training_s:.1f} trainings   "
            f"{row['accuracy']:.4f}, random {row['random_from_scratch']:.4f}, gain [{low:+.4f}, {high:+.4f}]   "
            f"loss {row['first_loss']:.2f} -> {row['last_loss']:.2f}"
        )
    write_result(
        options.out,
        {"table": table.checksum, "max_steps": options.max_steps, "seeds": options.seeds, "keywords": keywords,
         "one_training_s": trainings_s, "summary": summary, "runs": rows},
    )  # fmt: skip


if __name__ == "__main__":
    main()
