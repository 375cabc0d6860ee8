"""Does the supernet rank cells as training from scratch does? NAS-Bench-201's cells on `fashion14`, against its table.

The same network as the table's is trained with shared weights; cells are then scored by them, and the order is compared
with that of their accuracy when each is trained by itself.

python experiments/science/sharing_ranking.py --out experiments/science/results/sharing_ranking.json
python experiments/science/sharing_ranking.py --draw experiments/science/results/sharing_ranking.json
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.benchmarks import load_table
from awnas_gym.evaluators import EVALUATORS
from awnas_gym.ranking import Ranking, ranking
from awnas_gym.seeding import generator
from awnas_gym.spaces import AbstractSpace, Archs
from awnas_gym.workers import worker_pool
from experiments.record import write_result

SAMPLINGS = ("uniform", "classes", "fair")
POLICIES = ("batch", "recalibrate", "inherit")
IMAGE = Path(__file__).resolve().parents[2] / "docs" / "images" / "sharing.png"
VALID = 500
"""Images of the validation split: a score is of all of them, in batches of `EVAL_BATCH`."""
EVAL_BATCH = 250


def truth_of(archs: Archs) -> dict[str, NDArray[np.float64]]:
    """Return what the table says of architectures, float64 `[n]` each; accuracies are means of three trainings."""
    table = EVALUATORS.load("table")(load_table("fashion14"))
    rng = np.random.default_rng(0)
    known = table.evaluate(archs, rng=rng)
    first, *others = [table.evaluate(archs, trial=k, rng=rng)["test_accuracy"] for k in range(3)]
    return {
        "test_accuracy": known["test_accuracy"],
        "valid_accuracy": known["valid_accuracy"],
        "first_training": first,
        "other_trainings": np.mean(others, axis=0),
        "one_epoch": table.evaluate(archs, fidelity=1, trial=0, rng=rng)["valid_accuracy"],
        "params": known["params"],
        "macs": known["macs"],
    }


def sampled(space: AbstractSpace, sampling: str, rng: np.random.Generator) -> Iterator[Archs]:
    """Yield architectures `[n, decisions]` to train with, a step each, without end.

    `uniform` draws each decision; `classes` a class of cells that compute the same, then its representative; `fair`
    [Chu et al., ICCV 2021] as many cells as there are operations, each of which is in one of them on every edge.
    """
    classes = np.unique(space.canonical(space.unindex(np.arange(space.size))), axis=0)
    while True:
        if sampling == "uniform":
            yield space.sample(rng, 1)
        elif sampling == "classes":
            yield classes[rng.integers(len(classes), size=1)]
        else:
            columns = [rng.permutation(n) for n in space.cardinalities]
            yield np.stack(columns, axis=1).astype(space.dtype)


def one(job: tuple[str, int, list[int], int, dict[str, Any]]) -> dict[str, Any]:
    """Train one supernet; return how it ranks after some epochs under each policy."""
    sampling, seed, epochs, n, settings = job
    evaluator = EVALUATORS.load("shared_weights")(
        space="nasbench201", dataset="fashion14", weight_steps=0, eval_batch_size=EVAL_BATCH,
        eval_batches=VALID // EVAL_BATCH, **settings,
    )  # fmt: skip
    space = evaluator.space
    archs = cells(space, n)
    truth = truth_of(archs)["test_accuracy"]
    evaluator.reset(seed)
    draws = sampled(space, sampling, generator(seed, "sampling"))
    steps, trained_s, points = 0, 0.0, []
    for epoch in epochs:
        start = time.perf_counter()
        while steps < epoch * (2000 // settings["batch_size"]):
            some = next(draws)
            loss = evaluator.train(some)["train_loss"]
            steps += len(some)
        trained_s += time.perf_counter() - start
        for policy in POLICIES:
            evaluator.batch_norm = policy
            start = time.perf_counter()
            scores = evaluator.evaluate(archs, rng=np.random.default_rng(0))
            points.append(
                {
                    "sampling": sampling, "seed": seed, "epoch": epoch, "policy": policy, "train_loss": loss,
                    "trained_s": trained_s, "scored_s": time.perf_counter() - start,
                    "mean_accuracy": float(scores["valid_accuracy"].mean()),
                    "by_accuracy": as_row(ranking(truth, scores["valid_accuracy"])),
                    "by_loss": as_row(ranking(truth, -scores["valid_loss"])),
                }
            )  # fmt: skip
    return {"points": points}


def cells(space: AbstractSpace, n: int) -> Archs:
    """Return `n` cells of different classes, drawn from the whole space; the same ones whatever is trained."""
    drawn = space.sample(generator(0, "cells"), 20 * n)
    _, first = np.unique(space.canonical(drawn), axis=0, return_index=True)
    return drawn[np.sort(first)[:n]]


def as_row(found: Ranking) -> dict[str, Any]:
    """Return the criteria as plain numbers."""
    top = {
        f"{100 * share:g}%": {
            "k": at.k, "precision": at.precision, "precision_at_bottom": at.precision_at_bottom,
            "best_rank": at.best_rank, "worst_rank": at.worst_rank,
        }
        for share, at in found.top.items()
    }  # fmt: skip
    return {"kendall_tau": found.kendall_tau, "spearman": found.spearman, "pearson": found.pearson, "top": top}


def references(archs: Archs) -> dict[str, Any]:
    """Return how other scores rank the same cells: what the supernet has to be compared with."""
    known = truth_of(archs)
    truth = known["test_accuracy"]
    found = {
        "validation accuracy of three trainings": ranking(truth, known["valid_accuracy"]),
        "one training, against the mean of the two others": ranking(known["other_trainings"], known["first_training"]),
        "one training of one epoch": ranking(truth, known["one_epoch"]),
        "MACs": ranking(truth, known["macs"]),
        "parameters": ranking(truth, known["params"]),
    }
    return {name: as_row(each) for name, each in found.items()}


def main() -> None:
    """Train all supernets and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samplings", nargs="+", default=list(SAMPLINGS), choices=SAMPLINGS)
    parser.add_argument("--epochs", type=int, nargs="+", default=[10, 30, 70, 150], help="where scores are taken")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--draw", type=Path, help="train nothing; draw this result into docs/images")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.draw:
        draw(json.loads(options.draw.read_text()), IMAGE)
        return
    table = load_table("fashion14")
    shape = {name: table.space["settings"][name] for name in ("channels", "cells", "reduction")}
    settings: dict[str, Any] = {"settings": shape, "learning_rate": options.learning_rate}
    settings |= {"batch_size": 50, "crop": 0, "flip": False}
    settings |= {"lowest_rate": options.learning_rate / 100, "weight_decay": 5e-4}
    jobs = [
        (sampling, seed, options.epochs, options.cells, settings)
        for seed in range(options.seeds)
        for sampling in options.samplings
    ]
    points: list[dict[str, Any]] = []
    with worker_pool(options.workers) as pool:
        for found in pool.imap(one, jobs):
            points += found["points"]
            last = found["points"][-1]
            print(f"  {last['sampling']:<8} seed {last['seed']}  {last['trained_s']:.0f} s", flush=True)
    space = EVALUATORS.load("table")(table).space
    archs = cells(space, options.cells)
    others = references(archs)
    print(f"\n  {'':<50}  tau    P@top10%  BR@1%")
    for name, row in others.items():
        show(name, row)
    for sampling in options.samplings:
        for epoch in options.epochs:
            for policy in POLICIES:
                at = {"sampling": sampling, "epoch": epoch, "policy": policy}
                rows = [p["by_accuracy"] for p in points if all(p[key] == value for key, value in at.items())]
                show(f"{sampling}, {epoch} epochs, {policy}", mean_of(rows))
    write_result(
        options.out,
        {
            "table": table.checksum, "cells": len(archs), "seeds": options.seeds, "settings": settings,
            "references": others, "points": points,
        },
    )  # fmt: skip


def mean_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the mean over seeds of what is printed."""
    return {
        "kendall_tau": np.mean([row["kendall_tau"] for row in rows]),
        "top": {
            share: {key: np.mean([row["top"][share][key] for row in rows]) for key in ("precision", "best_rank")}
            for share in rows[0]["top"]
        },
    }


def draw(result: dict[str, Any], path: Path) -> None:
    """Draw tau over the epochs, a panel a sampling, with every seed as a dot."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 - the extra [plot], for this alone

    figure, axes = plt.subplots(1, len(SAMPLINGS), figsize=(9, 3.2), sharey=True, layout="constrained")
    for axis, sampling in zip(axes, SAMPLINGS, strict=True):
        for policy in POLICIES:
            mine = [p for p in result["points"] if p["sampling"] == sampling and p["policy"] == policy]
            epochs = sorted({p["epoch"] for p in mine})
            taus = [[p["by_accuracy"]["kendall_tau"] for p in mine if p["epoch"] == epoch] for epoch in epochs]
            (line,) = axis.plot(epochs, [np.mean(each) for each in taus], label=policy)
            axis.plot(
                np.repeat(epochs, [len(each) for each in taus]), np.concatenate(taus), ".", color=line.get_color()
            )
        macs = result["references"]["MACs"]["kendall_tau"]
        axis.axhline(macs, color="grey", linestyle="--", linewidth=1, label="MACs")
        axis.set(title=sampling, xlabel="epochs of the supernet", xscale="log")
        axis.set_xticks(epochs, map(str, epochs))
    axes[0].set_ylabel("Kendall tau with trained accuracy")
    axes[-1].legend(fontsize="small")
    figure.savefig(path, dpi=120)
    print(f"written: {path}")


def show(name: str, row: dict[str, Any]) -> None:
    """Print one line."""
    precision = row["top"].get("10%", {}).get("precision", float("nan"))
    best = row["top"].get("1%", {}).get("best_rank", float("nan"))
    print(f"  {name:<50} {row['kendall_tau']:+.3f}   {precision:.3f}     {best:.4f}")


if __name__ == "__main__":
    main()
