"""How well do predictors rank architectures that they have not seen, after learning from a few?

    python experiments/science/predictors.py --npz nb101_full.npz --csv nb201.csv.gz \
        --out experiments/science/results/predictors.json

The settings of the table of GATES [Ning et al., ECCV 2020] with the least data: 190 cells of NAS-Bench-101 and 78 of
NAS-Bench-201. Each seed draws cells to learn from and others to rank, the same for all predictors, and is the
predictors' seed; all have their defaults. Kendall's tau-b is between scores and published mean test accuracy, of
CIFAR-10 after 108 and 200 epochs; the paper ranks by validation accuracy, which these files do not hold.
`experiments.published` says what the files hold.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.ingest import read_columns
from awnas_gym.predictors import PREDICTORS, make_predictor
from awnas_gym.ranking import ranking
from awnas_gym.seeding import generator
from awnas_gym.spaces import AbstractSpace, Archs
from awnas_gym.spaces.nasbench101 import NASBench101
from awnas_gym.spaces.nasbench201 import NASBench201
from experiments.compare import interval
from experiments.record import write_result
from experiments.speed.listed_table import ACCURACY, published

NAMES = ("mlp", "lstm", "gcn", "gates")


class Benchmark(NamedTuple):
    """Published cells.

    Attributes:
        space: of the cells.
        archs: int `[cells, decisions]`.
        accuracy: of the test images, float64 `[cells]`.
        train: cells to learn from.
    """

    space: AbstractSpace
    archs: Archs
    accuracy: NDArray[np.float64]
    train: int


def nasbench101(source: Path) -> Benchmark:
    """Return the cells of NAS-Bench-101."""
    archs, metrics = published(source)
    return Benchmark(NASBench101(), archs, metrics[ACCURACY], 190)


def nasbench201(source: Path) -> Benchmark:
    """Return the cells of NAS-Bench-201."""
    columns, space = read_columns(source), NASBench201()
    archs = np.stack([space.parse(str(text)) for text in columns["arch"]])
    return Benchmark(space, archs, np.asarray(columns["cifar10_test_200"], dtype=np.float64) / 100, 78)


def tau(name: str, benchmark: Benchmark, seed: int, test: int) -> tuple[float, float]:
    """Return Kendall's tau of a predictor, and the seconds of processor time that it learned."""
    order = generator(seed, "cells").permutation(len(benchmark.archs))
    train, others = order[: benchmark.train], order[benchmark.train :][:test]
    predictor = make_predictor(name, benchmark.space, seed=seed)
    start = time.process_time()
    predictor.fit(benchmark.archs[train], benchmark.accuracy[train])
    took = time.process_time() - start
    return ranking(benchmark.accuracy[others], predictor.predict(benchmark.archs[others])).kendall_tau, took


def measure(title: str, benchmark: Benchmark, options: argparse.Namespace) -> dict[str, Any]:
    """Return what each predictor reaches, and by how much it is better than the ones before it, paired by seed."""
    found: dict[str, Any] = {}
    for name in options.predictors:
        both = np.array([tau(name, benchmark, seed, options.test) for seed in range(options.seeds)])
        taus = both[:, 0]
        found[name] = {
            "tau": float(taus.mean()),
            "interval": interval(taus, generator(0, "bootstrap")),
            "std": float(taus.std(ddof=1)),
            "fit_s": float(np.median(both[:, 1])),
            "taus": taus.round(4).tolist(),
            "above": {
                other: {
                    "mean": float((taus - found[other]["taus"]).mean()),
                    "interval": interval(taus - found[other]["taus"], generator(0, "bootstrap")),
                }
                for other in found
            },
        }
        low, high = found[name]["interval"]
        print(f"{title:<14} {name:<6} tau {taus.mean():.3f} [{low:.3f}, {high:.3f}]  {found[name]['fit_s']:.2f} s")
    return {"train": benchmark.train, "test": options.test, "predictors": found}


def page(result: dict[str, Any]) -> str:
    """Return the table of `docs/predictors.md`: mean tau [interval], and the seconds to learn."""
    names = next(iter(result["benchmarks"].values()))["predictors"]
    lines = ["| | cells learned from | " + " | ".join(f"`{name}`" for name in names) + " |"]
    lines.append("| --- " * (2 + len(names)) + "|")
    for title, found in result["benchmarks"].items():
        cells = found["predictors"].values()
        texts = [
            f"{each['tau']:.3f} [{each['interval'][0]:.3f}, {each['interval'][1]:.3f}], {each['fit_s']:.1f} s"
            for each in cells
        ]
        lines.append(f"| {title} | {found['train']} | {' | '.join(texts)} |")
    return "\n".join(lines)


def main() -> None:
    """Fit every predictor to cells of each file that is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npz", type=Path, help="NAS-Bench-101")
    parser.add_argument("--csv", type=Path, help="NAS-Bench-201")
    parser.add_argument("--predictors", nargs="+", choices=PREDICTORS, default=NAMES)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--test", type=int, default=2000, help="cells to rank")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = {}
    for title, read, source in (
        ("NAS-Bench-101", nasbench101, options.npz),
        ("NAS-Bench-201", nasbench201, options.csv),
    ):
        if source is not None:
            found[title] = measure(title, read(source), options)
    result = {"seeds": options.seeds, "benchmarks": found}
    print(page(result))
    write_result(options.out, result)


if __name__ == "__main__":
    main()
