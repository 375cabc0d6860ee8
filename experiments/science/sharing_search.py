"""Is a search by shared weights worth its time? NAS-Bench-201's cells on `fashion14`, against its table.

Each seed searches with shared weights and picks a cell; its seconds are counted. A random search that trains each cell
from scratch gets the same seconds: as many trainings as fit in, by the measured time of one. Both run on one thread;
seconds are those of the processor, which are those of a clock where nothing else runs. Both report the accuracy
that the table has of their pick, the mean of two trainings that neither has seen.

python experiments/science/sharing_search.py --out experiments/science/results/sharing_search.json --workers 2
"""

from __future__ import annotations

import argparse
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
from experiments.fashion_truth import one_training_s, random_from_scratch, trained_pick, true_accuracy
from experiments.record import write_result

AGENTS = ("random", "regularized_evolution", "reinforce")
TRAINED = 10
"""Of the cells with the highest score, that are trained from scratch before one is picked, in the second way."""


def one(job: tuple[str, int, int, dict[str, Any]]) -> dict[str, Any]:
    """Search with shared weights; pick a cell by their score, and of the best ten by training each."""
    agent_name, seed, evaluations, keywords = job
    config = Run(
        environment={"id": "awnas/CNN-ENAS-v0", **keywords},
        agent={"name": agent_name},
        budget={"evaluations": evaluations},
        seed=seed,
    )
    start = time.process_time()
    env = config.make_env()
    history = History(Budget(evaluations=evaluations))
    agent = config.make_agent(Recorder(env, history))
    try:
        while True:
            agent.learn(total_timesteps=6 * evaluations)
    except BudgetExhausted:
        pass
    evaluator = env.get_wrapper_attr("judge").evaluator
    space = evaluator.space
    seen = np.unique(np.stack([space.parse(record["architecture"]) for record in history.records]), axis=0)
    evaluator.weight_steps, evaluator.eval_batches = 0, 2  # the whole validation split
    scores = evaluator.evaluate(seen, rng=np.random.default_rng(0))["valid_accuracy"]
    seconds = time.process_time() - start
    best = seen[np.argsort(-scores, kind="stable")]
    rewards = np.array([record["reward"] for record in history.records])
    return {
        "agent": agent_name, "seed": seed, "seconds": seconds, "seen": len(seen),
        "reward_of_last_tenth": float(rewards[-len(rewards) // 10 :].mean()),
        "picked": float(true_accuracy(best[:1], seed)[0]),
        "picked_of_ten": trained_pick(best[:TRAINED], seed),
        "mean_of_ten": float(true_accuracy(best[:TRAINED], seed).mean()),
        "one_training_s": one_training_s(seed),
    }  # fmt: skip


def main() -> None:
    """Search with every agent and seed, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", nargs="+", default=list(AGENTS))
    parser.add_argument("--evaluations", type=int, default=600)
    parser.add_argument("--weight-steps", type=int, default=4, help="training steps before each evaluation")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    table = load_table("fashion14")
    keywords = {name: table.space["settings"][name] for name in ("channels", "cells", "reduction")}
    keywords |= {"space": "nasbench201", "dataset": "fashion14", "action_mode": "joint", "batch_size": 50}
    keywords |= {"crop": 0, "flip": False, "learning_rate": 0.1, "eval_batch_size": 250}
    keywords["weight_steps"] = options.weight_steps
    jobs = [(agent, seed, options.evaluations, keywords) for seed in range(options.seeds) for agent in options.agents]
    rows: list[dict[str, Any]] = []
    with worker_pool(options.workers) as pool:
        for row in pool.imap(one, jobs):
            rows.append(row)
            print(f"  {row['agent']:<24} seed {row['seed']:<3} {row['seconds']:.0f} s  {row['picked']:.4f}", flush=True)
    rng = generator(0, "bootstrap")
    summary = {}
    for agent in options.agents:
        mine = [row for row in rows if row["agent"] == agent]
        training_s = float(np.mean([row["one_training_s"] for row in mine]))
        scratch = np.array([random_from_scratch(row["seconds"], training_s, row["seed"]) for row in mine])
        both = [row["seconds"] + TRAINED * training_s for row in mine]
        longer = np.array([random_from_scratch(s, training_s, row["seed"]) for s, row in zip(both, mine, strict=True)])
        picked = np.array([row["picked"] for row in mine])
        of_ten = np.array([row["picked_of_ten"] for row in mine])
        summary[agent] = {
            "seconds": float(np.mean([row["seconds"] for row in mine])), "one_training_s": training_s,
            "picked": float(picked.mean()), "picked_interval": interval(picked, rng),
            "random_from_scratch": float(scratch.mean()),
            "gain": float((picked - scratch).mean()), "gain_interval": interval(picked - scratch, rng),
            "picked_of_ten": float(of_ten.mean()), "random_from_scratch_longer": float(longer.mean()),
            "gain_of_ten": float((of_ten - longer).mean()), "gain_of_ten_interval": interval(of_ten - longer, rng),
        }  # fmt: skip
        row = summary[agent]
        print(
            f"  {agent:<24} {row['seconds']:.0f} s, {row['seconds'] / training_s:.0f} trainings   picked "
            f"{row['picked']:.4f}, random {row['random_from_scratch']:.4f}, gain {row['gain_interval']}; of ten "
            f"{row['picked_of_ten']:.4f}, random {row['random_from_scratch_longer']:.4f} {row['gain_of_ten_interval']}"
        )
    write_result(
        options.out,
        {"table": table.checksum, "evaluations": options.evaluations, "seeds": options.seeds, "keywords": keywords,
         "summary": summary, "runs": rows},
    )  # fmt: skip


if __name__ == "__main__":
    main()
