"""How far do all agents get on the published tables with 100, 150 and 300 evaluations?

    python experiments/science/controllers.py --csv nb201.csv.gz --npz nb101_full.npz --runs runs.jsonl \
        --plot docs/images/controllers.png --out experiments/science/results/controllers.json

NAS-Bench-201: search on validation accuracy after 12 epochs, report the test accuracy after 200 epochs of the cell that
validation picked. NAS-Bench-101: the file has test accuracy alone, which is asked for by name and searched. Agents
without a model have 100 seeds, the others 20; all have their defaults, but for Stable-Baselines3's, which have the
settings that come with the package. Every finished run is a line of `--runs`, so the same command goes on after a stop.
`docs/controllers.md` shows what comes out.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.errors import AwnasError, in_one_line
from awnas_gym.search import Run, run
from awnas_gym.seeding import generator
from awnas_gym.suite import Suite
from awnas_gym.workers import make_pool
from experiments.compare import interval
from experiments.published import DATASETS, VALID, nasbench101, nasbench201
from experiments.record import write_result
from experiments.regret_plot import plot_regrets

BUDGETS = (100, 150, 300)
"""Evaluations; the last is that of the runs, the others are read off their histories."""
ON_CURVE = 10  # evaluations from one point of a curve to the next
LIGHT = ("random", "regularized_evolution", "genetic", "local_search", "simulated_annealing", "cross_entropy",
         "reinforce")  # fmt: skip
HEAVY = ("mcts", "tpe", "random_forest", "nas_bowl", "lanas", "bananas", "predictor", "nao", "enas")
TUNED = ("sb3_ppo", "sb3_a2c", "sb3_dqn", "sb3_maskable_ppo")
RIVALS = ("random", "regularized_evolution")
DRAWN = ("random", "regularized_evolution", "local_search", "reinforce", "sb3_ppo", "mcts", "tpe", "nas_bowl",
         "bananas", "predictor")  # fmt: skip
Job = tuple[str, str, int, Run]
"""Table, agent, seed, and the run."""


def jobs(tables: dict[str, dict[str, Any]], agents: list[str], seeds: dict[str, int], evaluations: int) -> list[Job]:
    """Return every run; first all tables with the first seeds, so that a stop leaves something of each."""
    found = []
    for agent in agents:
        part = {"name": agent, "tuned": True} if agent in TUNED else {"name": agent}
        for table, environment in tables.items():
            suite = Suite(
                environments=[environment], agents=[part], budget={"evaluations": evaluations}, seeds=seeds[agent]
            )
            found += [(table, agent, config.seed, config) for config in suite.jobs().values()]
    return sorted(found, key=lambda job: job[2] // 5)


def play(job: Job) -> dict[str, Any]:
    """Do a run; return what it found at each budget, its curves and its seconds."""
    table, agent, seed, config = job
    line: dict[str, Any] = {"table": table, "agent": agent, "seed": seed}
    try:
        outcome = run(config)
    except AwnasError as error:
        return {**line, "error": in_one_line(error)}
    env = config.make_env()
    space, report = env.get_wrapper_attr("space"), env.get_wrapper_attr("report")
    rewards = np.array([record["reward"] for record in outcome.records])
    best = np.maximum.accumulate(rewards)
    first = np.flatnonzero(np.append(True, best[1:] > best[:-1]))  # the earliest of equals stays
    tests = [report(space.parse(outcome.records[i]["architecture"]))["test_accuracy"] for i in first]
    test = np.repeat(tests, np.diff(first, append=len(best)))
    different = np.cumsum([not record["duplicate"] for record in outcome.records])
    at = [min(n, len(best)) - 1 for n in BUDGETS]
    return {
        **line,
        "searched": best[at].tolist(),
        "test": test[at].tolist(),
        "different": different[at].tolist(),
        "curve": test[ON_CURVE - 1 :: ON_CURVE].round(6).tolist(),
        "agent_s": outcome.summary["agent_s"] / len(best),
        "policy_updates": outcome.summary["policy_updates"],
    }


def rows_of(lines: list[dict[str, Any]], optimum: float, best: float) -> dict[str, Any]:
    """Return of each agent what it reached at each budget, and its gain over the rivals, paired by seed.

    Args:
        lines: of the finished runs.
        optimum: the highest test accuracy.
        best: the highest of what is searched.
    """
    by_agent: dict[str, dict[int, dict[str, Any]]] = {}
    for line in lines:
        by_agent.setdefault(line["agent"], {})[line["seed"]] = line
    found = {}
    for agent, seeds in by_agent.items():
        each = [seeds[seed] for seed in sorted(seeds)]
        budgets = {}
        for i, n in enumerate(BUDGETS):
            cell: dict[str, Any] = {"different": float(np.mean([line["different"][i] for line in each]))}
            for what, highest in (("test", optimum), ("searched", best)):
                cell[what] = reached(np.array([line[what][i] for line in each]), highest)
                for rival in RIVALS:
                    if rival in by_agent and rival != agent:
                        cell[what][f"gain_over_{rival}"] = gain(seeds, by_agent[rival], what, i)
            budgets[str(n)] = cell
        found[agent] = {
            "seeds": len(each),
            "budgets": budgets,
            "agent_s_per_evaluation": float(np.mean([line["agent_s"] for line in each])),
            "regret_curve": (optimum - np.mean([line["curve"] for line in each], axis=0)).round(6).tolist(),
        }
    return found


def reached(values: NDArray[np.float64], highest: float) -> dict[str, Any]:
    """Return mean, spread and regret of an accuracy over seeds, and the share of them that found the highest."""
    return {
        "mean": float(values.mean()),
        "std": float(values.std(ddof=1)) if len(values) > 1 else 0.0,
        "regret": highest - float(values.mean()),
        "found": float(np.isclose(values, highest, rtol=0, atol=1e-9).mean()),
        "regret_interval": [highest - bound for bound in reversed(interval(values, generator(0, "bootstrap")))],
    }


def gain(own: dict[int, dict[str, Any]], other: dict[int, dict[str, Any]], what: str, i: int) -> list[float]:
    """Return the mean gain in an accuracy and its 95 % interval, over the seeds that both have."""
    both = sorted(set(own) & set(other))
    each: NDArray[np.float64] = np.array([own[seed][what][i] - other[seed][what][i] for seed in both])
    return [float(each.mean()), *interval(each, generator(0, "bootstrap"))]


def page(result: dict[str, Any]) -> str:
    """Return the tables of `docs/controllers.md`: regret in points, of the test accuracy and of what was searched."""
    lines: list[str] = []
    for name, found in result["benchmarks"].items():
        lines += [f"**{name}**: optimum {100 * found['optimum']:.2f}", ""]
        lines += [
            f"| agent | seeds | {' | '.join(map(str, BUDGETS))} | different at {BUDGETS[-1]} |",
            "| --- " * 6 + "|",
        ]
        last_regret = {
            agent: row["budgets"][str(BUDGETS[-1])]["test"]["regret"] for agent, row in found["agents"].items()
        }
        for agent in sorted(last_regret, key=last_regret.__getitem__):
            row = found["agents"][agent]
            cells = [_cell(row["budgets"][str(n)]["test"]) for n in BUDGETS]
            last = row["budgets"][str(BUDGETS[-1])]
            lines.append(f"| `{agent}` | {row['seeds']} | {' | '.join(cells)} | {last['different']:.0f} |")
        lines.append("")
    return "\n".join([*lines, *_searched(result["benchmarks"])])


def _searched(benchmarks: dict[str, Any]) -> list[str]:
    """Return the table of what was searched at the second budget, on all tables that have another for the test."""
    own = {name.rpartition(", ")[2]: found["agents"] for name, found in benchmarks.items() if found["apart"]}
    if not own:
        return []
    n = str(BUDGETS[1])
    regrets = {
        agent: [agents[agent]["budgets"][n]["searched"]["regret"] for agents in own.values()]
        for agent in next(iter(own.values()))
        if all(agent in agents for agents in own.values())
    }
    lines = [f"| searched, {n} evaluations | {' | '.join(own)} |", "| --- " * (1 + len(own)) + "|"]
    for agent in sorted(regrets, key=lambda agent: sum(regrets[agent])):
        cells = [_cell(agents[agent]["budgets"][n]["searched"]) for agents in own.values()]
        lines.append(f"| `{agent}` | {' | '.join(cells)} |")
    return [*lines, ""]


def _cell(cell: dict[str, Any]) -> str:
    regret, low, high = (f"{round(100 * value, 2) + 0.0:.2f}" for value in (cell["regret"], *cell["regret_interval"]))
    marks = ""
    for rival, mark in zip(RIVALS, ("r", "e"), strict=True):
        if f"gain_over_{rival}" in cell:
            _, lowest, highest = cell[f"gain_over_{rival}"]
            marks += f" +{mark}" if lowest > 0 else f" −{mark}" if highest < 0 else ""
    return f"{regret} [{low}, {high}]{marks}"


def environments(options: argparse.Namespace, folder: Path) -> dict[str, dict[str, Any]]:
    """Return the environment of each table."""
    found = {}
    if options.csv is not None:
        for dataset, table in nasbench201(options.csv, folder).items():
            keywords = {"dataset": str(table), "fidelity": VALID, "split": "valid"}
            found[f"NAS-Bench-201, {DATASETS[dataset].title}"] = {"id": "awnas/NASBench201-v0", **keywords}
    if options.npz is not None:
        keywords = {"dataset": str(nasbench101(options.npz, folder)), "fidelity": 108, "split": "test"}
        found["NAS-Bench-101"] = {"id": "awnas/NASBench101-v0", **keywords}
    return found


def highest_of(environment: dict[str, Any]) -> tuple[float, float]:
    """Return the best test accuracy of a table at the highest fidelity, and the best of what is searched."""
    env = Run(environment=environment, agent={"name": "random"}).make_env()
    judge = env.get_wrapper_attr("judge")
    test = judge.evaluator.vector("test_accuracy", judge.evaluator.fidelities[-1], "mean")
    return float(np.nanmax(test)), float(judge.reference["best"])


def main() -> None:
    """Do the runs that are not there yet, and put them together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", type=Path, help="NAS-Bench-201")
    parser.add_argument("--npz", type=Path, help="NAS-Bench-101")
    parser.add_argument("--runs", type=Path, default=Path("controllers.jsonl"), help="a line a finished run")
    parser.add_argument("--agents", nargs="+", default=[*LIGHT, *HEAVY, *TUNED])
    parser.add_argument("--seeds", type=int, default=100, help="of agents without a model")
    parser.add_argument("--heavy-seeds", type=int, default=20, help="of the others")
    parser.add_argument("--evaluations", type=int, default=BUDGETS[-1], help="of a run; fewer for a short look")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--plot", type=Path, help="a PNG of the curves")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    seeds = {name: options.seeds if name in LIGHT else options.heavy_seeds for name in options.agents}
    with tempfile.TemporaryDirectory() as folder:
        tables = environments(options, Path(folder))
        lines = [json.loads(text) for text in options.runs.read_text().splitlines()] if options.runs.exists() else []
        done = {(line["table"], line["agent"], line["seed"]) for line in lines}
        todo = [job for job in jobs(tables, options.agents, seeds, options.evaluations) if job[:3] not in done]
        with make_pool("processes", play, workers=options.workers) as pool, options.runs.open("a") as file:
            for number, (_, line) in enumerate(pool.run(todo), start=1):
                if "error" in line:
                    print(f"{line['agent']} on {line['table']}: {line['error']}", flush=True)
                    continue
                lines.append(line)
                file.write(json.dumps(line) + "\n")
                file.flush()
                if number % 20 == 0:
                    print(f"{number} of {len(todo)}", flush=True)
        found: dict[str, Any] = {}
        for table, environment in tables.items():
            (optimum, best), own = highest_of(environment), [line for line in lines if line["table"] == table]
            agents, apart = rows_of(own, optimum, best), environment["split"] != "test"
            found[table] = {"optimum": optimum, "best_searched": best, "apart": apart, "agents": agents}
    result = {"budgets": BUDGETS, "benchmarks": found}
    print(page(result))
    if options.plot is not None:
        plot_regrets(result, options.plot, every=ON_CURVE, agents=[name for name in DRAWN if name in options.agents])
    write_result(options.out, result)


if __name__ == "__main__":
    main()
