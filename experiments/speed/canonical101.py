"""How fast is the row of any graph of NAS-Bench-101 found, beside the official pruning and hash?

    python experiments/speed/canonical101.py --npz nb101_full.npz --out experiments/speed/results/canonical101.json

Random graphs as the benchmark's authors draw them: 21 edges by coin tosses and 5 operations, until the graph is legal.
Ours goes from decisions to rows of a table of all 423,624 cells, in one batch (`TableEvaluator.places`). The official
way prunes each graph and hashes it by MD5, in Python; what looking the hash up takes is left out. Here it is a
restatement of that algorithm on plain lists, which does less than the authors' code around it; `--nasbench PATH` (a
clone of google-research/nasbench) runs theirs beside it, and compares the hashes. In turn, in one process. That equal
hashes and equal rows are the same is checked on the graphs that are hashed.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import importlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.benchmarks import Column, open_table, write_table
from awnas_gym.benchmarks.listing import listing_columns
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.spaces import Archs
from awnas_gym.spaces.nasbench101 import EDGES, INTERIOR, OPERATIONS, VERTICES
from experiments.record import write_result
from experiments.speed.listed_table import SPACE, made_up, published

Graph = tuple[np.ndarray, list[str]]
"""Adjacency matrix, int64 `[7, 7]`, and the names of the vertices."""

Hasher = Callable[[Graph], str]


def random_graphs(n: int, rng: np.random.Generator) -> Archs:
    """Return `n` legal graphs, int8 `[n, 26]`."""
    found = np.empty((0, len(EDGES) + INTERIOR), dtype=SPACE.dtype)
    while len(found) < n:
        edges, labels = rng.integers(2, size=(n, len(EDGES))), rng.integers(len(OPERATIONS), size=(n, INTERIOR))
        rows = np.hstack([edges, labels]).astype(SPACE.dtype)
        found = np.concatenate([found, rows[SPACE.legal(rows)]])
    return found[:n]


def as_graph(arch: Archs) -> Graph:
    """Return a graph as the authors' code takes it."""
    matrix = np.zeros((VERTICES, VERTICES), dtype=np.int64)
    matrix[tuple(zip(*EDGES, strict=True))] = arch[: len(EDGES)]
    return matrix, ["input", *(OPERATIONS[label] for label in arch[len(EDGES) :]), "output"]


def plain_hash(graph: Graph) -> str:
    """Return the official hash: a restatement on plain lists."""
    matrix, names = graph[0].tolist(), graph[1]
    reached, used = {0}, {len(names) - 1}
    for v in range(1, len(names)):
        if any(matrix[u][v] for u in reached):
            reached.add(v)
    for v in reversed(range(len(names) - 1)):
        if any(matrix[v][w] for w in used):
            used.add(v)
    kept = sorted(reached & used)
    before = [[i for i, u in enumerate(kept) if matrix[u][v]] for v in kept]
    after = [[i for i, w in enumerate(kept) if matrix[v][w]] for v in kept]
    labels = [-1, *(OPERATIONS.index(names[v]) for v in kept[1:-1]), -2]
    hashes = [_md5(str((len(after[i]), len(before[i]), label))) for i, label in enumerate(labels)]
    for _ in kept:
        hashes = [
            _md5(
                "".join(sorted(hashes[j] for j in before[i]))
                + "|"
                + "".join(sorted(hashes[j] for j in after[i]))
                + "|"
                + own
            )
            for i, own in enumerate(hashes)
        ]
    return _md5(str(sorted(hashes)))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def authors_hash(clone: Path) -> Hasher:
    """Return the authors' pruning and hash, from a clone of their repository."""
    sys.path.insert(0, str(clone))
    specification = importlib.import_module("nasbench.lib.model_spec").ModelSpec

    def authors(graph: Graph) -> str:
        return specification(*graph).hash_spec(list(OPERATIONS))

    return authors


def make_table(npz: Path | None, rows: int, path: Path) -> TableEvaluator:
    """Write the table of the published cells, or of made-up ones, and open it."""
    archs, metrics = made_up(rows, np.random.default_rng(0)) if npz is None else published(npz)
    columns, classes = listing_columns(SPACE, archs)
    columns |= {name: Column(values, ("row",)) for name, values in metrics.items()}
    described = {"name": SPACE.name, "settings": SPACE.settings}
    write_table(path, space=described, card={"classes": classes}, columns=columns)
    return TableEvaluator(open_table(path))


def check_hashes(few: list[Graph], archs: Archs, hashers: dict[str, Hasher]) -> None:
    """Stop unless all hashes are equal, and graphs have equal hashes where they are in one class and only there."""
    hashes = [plain_hash(graph) for graph in few]
    if any([hasher(graph) for graph in few] != hashes for hasher in hashers.values()):
        raise SystemExit("the restated hash is not the authors'")
    classes = SPACE.index(SPACE.canonical(archs)).tolist()
    if not len(set(zip(hashes, classes, strict=True))) == len(set(hashes)) == len(set(classes)):
        raise SystemExit("graphs of one class have different hashes, or graphs of one hash different classes")


def measure(
    evaluator: TableEvaluator, archs: Archs, few: list[Graph], hashers: dict[str, Hasher], repeats: int
) -> dict[str, list[float]]:
    """Return microseconds a graph, one number a turn."""
    jobs: dict[str, tuple[Callable[[], object], int]] = {
        "rows": (lambda: evaluator.places(archs), len(archs)),
        "canonical": (lambda: SPACE.canonical(archs), len(archs)),
        **{name: (functools.partial(_each, hasher, few), len(few)) for name, hasher in hashers.items()},
    }
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(repeats + 1):
        for name, (call, n) in jobs.items():
            start = time.perf_counter()
            call()
            if turn:  # the first fills the caches
                times[name].append((time.perf_counter() - start) / n * 1e6)
    return times


def _each(hasher: Hasher, graphs: list[Graph]) -> list[str]:
    return [hasher(graph) for graph in graphs]


def main() -> None:
    """Measure and print microseconds a graph, and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npz", type=Path, help="the published cells; made-up ones without it")
    parser.add_argument("--rows", type=int, default=SPACE.unique_size, help="made-up cells")
    parser.add_argument("--nasbench", type=Path, help="a clone of google-research/nasbench")
    parser.add_argument("--graphs", type=int, default=100_000)
    parser.add_argument("--hashed", type=int, default=3_000, help="of these graphs, a turn")
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    archs = random_graphs(options.graphs, np.random.default_rng(0))
    few = [as_graph(arch) for arch in archs[: options.hashed]]
    hashers: dict[str, Hasher] = {"restated": plain_hash}
    if options.nasbench is not None:
        hashers["authors"] = authors_hash(options.nasbench)
    check_hashes(few, archs[: options.hashed], hashers)
    with tempfile.TemporaryDirectory() as folder:
        evaluator = make_table(options.npz, options.rows, Path(folder) / "cells.awnas")
        times = measure(evaluator, archs, few, hashers, options.repeats)
        listed = float((evaluator.places(archs) >= 0).mean())
    result: dict[str, object] = {"share_in_table": listed}
    result |= {f"{name}_us_a_graph": statistics.median(values) for name, values in times.items()}
    for name in hashers:
        ratios = [theirs / ours for theirs, ours in zip(times[name], times["rows"], strict=True)]
        result[f"{name}_over_rows"] = statistics.median(ratios)
        result[f"{name}_over_rows_range"] = [min(ratios), max(ratios)]
    for name, value in result.items():
        print(f"{name:<28} {', '.join(f'{x:,.2f}' for x in (value if isinstance(value, list) else [value])):>18}")
    about = {"cells": len(evaluator.population()), "graphs": len(archs), "hashed": len(few)}
    write_result(options.out, {**about, **result})


if __name__ == "__main__":
    main()
