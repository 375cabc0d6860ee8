"""Do agents beat random search on the real NAS-Bench-201? Search on 12-epoch validation, report 200-epoch test.

    python experiments/science/nasbench201_real.py --csv nb201.csv.gz --out results/nasbench201_real.json

The CSV has a row an architecture: `arch`, and `<dataset>_valid_12`, `<dataset>_test_12`, `<dataset>_test_200` in
percent for cifar10, cifar100 and imagenet16. Every agent gets the same seeds, so differences are paired by seed.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.benchmarks import Column, write_table
from awnas_gym.spaces.nasbench201 import NASBench201
from experiments.compare import compare
from experiments.record import write_result

DATASETS = {"cifar10": 10, "cifar100": 100, "imagenet16": 120}
AGENTS = {name: {"name": name} for name in ("random", "regularized_evolution", "reinforce")}


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


def main() -> None:
    """Run every agent on every data set and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--evaluations", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for dataset, table in convert(options.csv, Path(folder)).items():
            print(f"{dataset}: reward = valid@12, test = test@200, gains over random search")
            environment = {"id": "awnas/NASBench201-v0", "dataset": str(table), "fidelity": 12, "action_mode": "joint"}
            results[dataset] = compare(
                environment, AGENTS, evaluations=options.evaluations, seeds=options.seeds, workers=options.workers
            )
    write_result(options.out, {"seeds": options.seeds, "evaluations": options.evaluations, "results": results})


if __name__ == "__main__":
    main()
