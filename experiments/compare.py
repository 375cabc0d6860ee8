"""Agents beside each other on one environment: same seeds, so differences are paired by seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.search import Run, run
from awnas_gym.seeding import generator
from awnas_gym.workers import worker_pool


def _one(config: Run) -> dict[str, float]:
    """Run one agent with one seed; return the incumbent's scores."""
    summary = run(config).summary
    incumbent = summary["incumbent"]
    scores = {
        "reward": incumbent["reward"],
        "test_accuracy": incumbent["report"]["test_accuracy"],
        "regret": summary["reference"]["best"] - incumbent["reward"],
        "unique": summary["unique"],
        "agent_s": summary["agent_s"],
    }
    if summary["policy_updates"] is not None:
        scores["policy_updates"] = summary["policy_updates"]
    return scores


def interval(values: NDArray[np.float64], rng: np.random.Generator) -> list[float]:
    """Return the 95 % bootstrap interval of the mean of `values`, `[seeds]`."""
    means = rng.choice(values, size=(10_000, len(values))).mean(axis=1)
    return [float(bound) for bound in np.quantile(means, [0.025, 0.975])]


def compare(
    environment: dict[str, Any], agents: dict[str, dict[str, Any]], *, evaluations: int, seeds: int, workers: int
) -> dict[str, dict[str, Any]]:
    """Run every agent (label -> name and settings) with seeds 0 … seeds - 1, in parallel.

    Returns its means, intervals and gains over the first agent.

    Also prints a line an agent.
    """
    rng = generator(0, "bootstrap")
    scores: dict[str, dict[str, NDArray[np.float64]]] = {}
    rows: dict[str, dict[str, Any]] = {}
    with worker_pool(workers) as pool:
        first = next(iter(agents))
        for agent, part in agents.items():
            configs = [
                Run(environment=environment, agent=part, budget={"evaluations": evaluations}, seed=seed)
                for seed in range(seeds)
            ]
            found = pool.map(_one, configs, chunksize=4)
            scores[agent] = {name: np.array([each[name] for each in found]) for name in found[0]}
            row: dict[str, Any] = {name: float(values.mean()) for name, values in scores[agent].items()}
            for name in ("reward", "test_accuracy"):
                gain = scores[agent][name] - scores[first][name]
                row[f"{name}_interval"] = interval(scores[agent][name], rng)
                row[f"{name}_gain"] = float(gain.mean())
                row[f"{name}_gain_interval"] = interval(gain, rng)
            rows[agent] = row
            (low, high), (test_low, test_high) = row["reward_gain_interval"], row["test_accuracy_gain_interval"]
            print(
                f"  {agent:<26} reward {row['reward']:.4f}, gain [{low:+.4f}, {high:+.4f}]   "
                f"test {row['test_accuracy']:.4f}, gain [{test_low:+.4f}, {test_high:+.4f}]"
            )
    return rows
