"""Do agents beat random search on the real NAS-Bench-201? Search on 12-epoch validation, report 200-epoch test.

    python experiments/science/nasbench201_real.py --csv nb201.csv.gz --out results/nasbench201_real.json

The CSV has a row an architecture: `arch`, and `<dataset>_valid_12`, `<dataset>_test_12`, `<dataset>_test_200` in
percent for cifar10, cifar100 and imagenet16. Every agent gets the same seeds, so differences are paired by seed.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import multiprocessing
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.benchmarks import Column, write_table
from awnas_gym.search import Run, run
from awnas_gym.seeding import generator
from awnas_gym.spaces.nasbench201 import NASBench201
from experiments.record import write_result

DATASETS = {"cifar10": 10, "cifar100": 100, "imagenet16": 120}
AGENTS = ("random", "regularized_evolution", "reinforce")


def convert(source: Path, folder: Path) -> dict[str, Path]:
    """Write a table a data set; 200-epoch validation accuracy is not in the file and stays unrecorded."""
    with gzip.open(source, "rt") as file:
        rows = list(csv.DictReader(file))
    paths = {}
    for dataset, classes in DATASETS.items():
        space = NASBench201(classes=classes, image_size=16 if dataset == "imagenet16" else 32)
        order = np.argsort(space.index(np.stack([space.parse(row["arch"]) for row in rows])))
        columns = {}
        for split in ("valid", "test"):
            values = np.full((space.size, 1, 2), np.nan, dtype=np.float64)
            for k, epochs in enumerate((12, 200)):
                name = f"{dataset}_{split}_{epochs}"
                if name in rows[0]:
                    values[:, 0, k] = np.array([float(row[name]) for row in rows])[order] / 100
            columns[f"{split}_accuracy"] = Column(values, ("arch", "trial", "epoch"))
        paths[dataset] = folder / f"{dataset}.awnas"
        card = {"title": f"NAS-Bench-201 {dataset}", "fidelities": [12, 200]}
        write_table(paths[dataset], space={"name": space.name, "settings": space.settings}, card=card, columns=columns)
    return paths


def one(job: tuple[str, str, int, int]) -> dict[str, float]:
    """Run one agent with one seed; return the incumbent's scores."""
    table, agent, seed, evaluations = job
    environment = {"id": "awnas/NASBench201-v0", "dataset": table, "fidelity": 12, "action_mode": "joint"}
    outcome = run(Run(environment=environment, agent={"name": agent}, budget={"evaluations": evaluations}, seed=seed))
    incumbent = outcome.summary["incumbent"]
    return {
        "valid_12": incumbent["reward"],
        "test_200": incumbent["report"]["test_accuracy"],
        "unique": outcome.summary["unique"],
        "best_valid_12": outcome.summary["reference"]["best"],
    }


def interval(values: np.ndarray, rng: np.random.Generator) -> list[float]:
    """Return the 95 % bootstrap interval of the mean of `values`, `[seeds]`."""
    means = rng.choice(values, size=(10_000, len(values))).mean(axis=1)
    return [float(bound) for bound in np.quantile(means, [0.025, 0.975])]


def main() -> None:
    """Run every agent on every data set and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--evaluations", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--agents", nargs="+", default=list(AGENTS))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rng = generator(0, "bootstrap")
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("spawn").Pool(options.workers) as pool:
        for dataset, table in convert(options.csv, Path(folder)).items():
            scores = {}
            for agent in options.agents:
                jobs = [(str(table), agent, seed, options.evaluations) for seed in range(options.seeds)]
                found = pool.map(one, jobs, chunksize=4)
                scores[agent] = {key: np.array([each[key] for each in found]) for key in found[0]}
            results[dataset] = {}
            for agent, score in scores.items():
                row: dict[str, Any] = {key: float(values.mean()) for key, values in score.items()}
                for key in ("valid_12", "test_200"):
                    row[f"{key}_interval"] = interval(score[key], rng)
                    gain = score[key] - scores["random"][key]
                    row[f"{key}_gain_over_random"] = float(gain.mean())
                    row[f"{key}_gain_interval"] = interval(gain, rng)
                results[dataset][agent] = row
                low, high = row["valid_12_gain_interval"]
                test_low, test_high = row["test_200_gain_interval"]
                print(
                    f"{dataset:<10} {agent:<22} valid@12 {row['valid_12']:.4%}  gain [{low:+.4%}, {high:+.4%}]   "
                    f"test@200 {row['test_200']:.4%}  gain [{test_low:+.4%}, {test_high:+.4%}]"
                )
    write_result(options.out, {"seeds": options.seeds, "evaluations": options.evaluations, "results": results})


if __name__ == "__main__":
    main()
