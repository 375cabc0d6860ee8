"""What do the agents reach on the published tables, and what did others report?

    python experiments/science/literature.py --csv nb201.csv.gz --npz nb101_full.npz --plot docs/images/literature.png \
        --out experiments/science/results/literature.json

NAS-Bench-201: search on validation accuracy after 12 epochs, report the test accuracy after 200 epochs of the cell
that validation picked. NAS-Bench-101: the file has test accuracy alone, which is asked for by name and searched.
Budgets are fixed beforehand; the smaller ones are read off the histories of the largest. Every agent has its defaults
and the same seeds, so its gain over random search is paired by seed. `experiments.published` says what the files hold;
the tables of `docs/literature.md` are what `page` makes of the result.
"""

from __future__ import annotations

import argparse
import functools
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
from awnas_gym.benchmarks import open_table
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.seeding import generator
from awnas_gym.workers import worker_pool
from experiments.compare import interval
from experiments.published import DATASETS, TEST, VALID, nasbench101, nasbench201
from experiments.record import write_result
from experiments.regret_plot import plot_regrets
from experiments.speed.canonical101 import random_graphs

AGENT_NAMES = ("random", "regularized_evolution", "reinforce", "local_search")
BUDGETS = (100, 150, 300, 500)
ON_CURVE = 10  # evaluations from one point of a curve to the next
Curves = NDArray[np.float64]
"""After each evaluation: what was searched and what is reported, both of the best cell so far, and how many cells were
different functions; `[3, evaluations]`."""


@functools.lru_cache(maxsize=4)
def environment(table: str, fidelity: int, split: str) -> gym.Env:
    """Return the environment of a table, once a process."""
    keywords = {"table": table, "fidelity": fidelity, "split": split, "action_mode": "joint"}
    return gym.make("awnas/Table-v0", disable_env_checker=True, **keywords)


def search(table: str, fidelity: int, split: str, agent: str, seed: int) -> Curves:
    """Let an agent search with the largest budget."""
    env, history = environment(table, fidelity, split), History(Budget(evaluations=BUDGETS[-1]))
    AGENTS.load(agent)(Recorder(env, history), seed=seed).learn(total_timesteps=BUDGETS[-1])
    rewards = np.array([record["reward"] for record in history.records])
    best = np.maximum.accumulate(rewards)
    first = np.flatnonzero(np.append(True, best[1:] > best[:-1]))  # the earliest of equals stays
    evaluator = env.unwrapped.judge.evaluator
    archs = np.stack([evaluator.space.parse(history.records[i]["architecture"]) for i in first])
    reported = evaluator.vector("test_accuracy", evaluator.fidelities[-1], "mean")[evaluator.places(archs)]
    different = np.cumsum([not record["duplicate"] for record in history.records])
    return np.stack([best, np.repeat(reported, np.diff(first, append=len(best))), different])


def at_budget(curves: NDArray[np.float64], best: float, optimum: float, evaluations: int) -> dict[str, Any]:
    """Return what `curves`, `[seeds, 3, evaluations]`, say of a budget.

    `best` is the highest of what is searched, `optimum` the highest of what is reported.
    """
    searched, reported, different = curves[:, :, evaluations - 1].T
    return {
        "searched": float(searched.mean()),
        "share_that_found_best": float((searched == best).mean()),
        "different": float(different.mean()),
        "test": float(reported.mean()),
        "test_std": float(reported.std(ddof=1)),
        "test_interval": interval(reported, generator(0, "bootstrap")),
        "test_regret": optimum - float(reported.mean()),
    }


def gain(curves: NDArray[np.float64], random: NDArray[np.float64], evaluations: int) -> dict[str, Any]:
    """Return by how much the reported accuracy lies above that of random search, paired by seed."""
    each = curves[:, 1, evaluations - 1] - random[:, 1, evaluations - 1]
    return {"gain": float(each.mean()), "gain_interval": interval(each, generator(0, "bootstrap"))}


def best_cells(table: str, fidelity: int, split: str) -> dict[str, Any]:
    """Return the best test accuracy, the best of what is searched, and the test accuracy of the cells that have it."""
    evaluator = environment(table, fidelity, split).unwrapped.judge.evaluator
    test = evaluator.vector("test_accuracy", evaluator.fidelities[-1], "mean")
    searched = evaluator.vector(f"{split}_accuracy", fidelity, "mean")
    best = float(np.nanmax(searched))
    of_best = test[searched == best]
    return {
        "optimum": float(np.nanmax(test)),
        "best_searched": best,
        "cells_with_best_searched": len(of_best),
        "test_of_best_searched": [float(of_best.min()), float(of_best.max())],
    }


def benchmark(name: str, table: Path, fidelity: int, split: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run every agent on a table; print a line an agent and budget."""
    found = best_cells(str(table), fidelity, split)
    best, optimum, found["agents"], curves = found["best_searched"], found["optimum"], {}, {}
    with worker_pool(options.workers) as pool:
        for agent in AGENT_NAMES:
            jobs = [(str(table), fidelity, split, agent, seed) for seed in range(options.seeds)]
            curves[agent] = np.stack(pool.starmap(search, jobs, chunksize=5))
            cells = {}
            for n in BUDGETS:
                cell = at_budget(curves[agent], best, optimum, n) | gain(curves[agent], curves["random"], n)
                cells[str(n)] = cell
                low, high = cell["gain_interval"]
                print(f"{name:<30} {agent:<22} {n:>4}  test {cell['test']:.5f}  gain [{low:+.5f}, {high:+.5f}]")
            regret = optimum - curves[agent][:, 1, ON_CURVE - 1 :: ON_CURVE].mean(axis=0)
            at = (curves[agent][:, 0] == best).argmax(axis=1)  # 0 also where it was never found
            found["agents"][agent] = {
                "budgets": cells,
                "mean_evaluations_until_best": float(at[at > 0].mean() + 1) if at.any() else None,
                "regret_curve": regret.round(6).tolist(),
            }
    return found


def random_draws(table: Path, seeds: int) -> dict[str, dict[str, float]]:
    """Return what random search on NAS-Bench-101 reaches by how it draws: the mean best test accuracy at each budget.

    By the masks of the space, as `random`; by coin tosses until a graph is legal, as the benchmark's authors; and every
    cell with equal odds.
    """
    evaluator, rng = TableEvaluator(open_table(table)), generator(0, "draws")
    test = evaluator.vector("test_accuracy", evaluator.fidelities[-1], "mean")
    n = seeds * BUDGETS[-1]
    places = {
        "masks": evaluator.places(evaluator.space.sample(rng, n)),
        "coin tosses": evaluator.places(random_graphs(n, rng)),
        "equal odds": rng.integers(len(evaluator.population()), size=n),
    }
    best = {name: np.maximum.accumulate(test[each].reshape(seeds, -1), axis=1) for name, each in places.items()}
    return {name: {str(n): float(each[:, n - 1].mean()) for n in BUDGETS} for name, each in best.items()}


def page(result: dict[str, Any]) -> str:
    """Return the tables of `docs/literature.md`: test accuracy in percent, mean ± standard deviation [interval]."""
    lines = []
    for name, found in result["benchmarks"].items():
        lines += [f"**{name}**: optimum {100 * found['optimum']:.2f}", ""]
        lines += [f"| agent | {' | '.join(map(str, BUDGETS))} | regret at {BUDGETS[-1]} |", "| --- " * 6 + "|"]
        for agent, of_agent in found["agents"].items():
            cells = [of_agent["budgets"][str(n)] for n in BUDGETS]
            texts = [_cell(cell, starred=agent != "random" and cell["gain_interval"][0] <= 0) for cell in cells]
            lines.append(f"| `{agent}` | {' | '.join(texts)} | {100 * cells[-1]['test_regret']:.2f} |")
        lines.append("")
    return "\n".join(lines)


def _cell(cell: dict[str, Any], *, starred: bool) -> str:
    low, high = cell["test_interval"]
    text = f"{100 * cell['test']:.2f} ± {100 * cell['test_std']:.2f} [{100 * low:.2f}, {100 * high:.2f}]"
    return text + " *" * starred


def main() -> None:
    """Run every agent on every table that is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", type=Path, required=True, help="NAS-Bench-201")
    parser.add_argument("--npz", type=Path, help="NAS-Bench-101")
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--plot", type=Path, help="a PNG of the regret; needs the extra [plot]")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for dataset, table in nasbench201(options.csv, Path(folder)).items():
            name = f"NAS-Bench-201, {DATASETS[dataset].title}"
            found[name] = benchmark(name, table, VALID, "valid", options)
        if options.npz is not None:
            name, table = "NAS-Bench-101", nasbench101(options.npz, Path(folder))
            found[name] = benchmark(name, table, 108, "test", options)
            found[name]["random_draws"] = random_draws(table, options.seeds)
    result = {"seeds": options.seeds, "budgets": BUDGETS, "test_epochs": TEST, "benchmarks": found}
    print(page(result))
    if options.plot is not None:
        plot_regrets(result, options.plot, every=ON_CURVE)
    write_result(options.out, result)


if __name__ == "__main__":
    main()
