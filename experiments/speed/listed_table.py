"""How fast does a table that lists its architectures answer, and open?

    python experiments/speed/listed_table.py --npz nb101_full.npz --out experiments/speed/results/listed_table.json

All 423,624 cells of NAS-Bench-101 with their published test accuracies and parameters; without `--npz` as many random
cells with made-up numbers (cells of one class may then come several times). Gathered by row, as a loop does that keeps
`places`. From decisions to accuracy: cells as they are listed, and random ones, which have to be brought into canonical
form unless they are listed themselves; beside a Python dictionary keyed by the decisions, which knows only cells as
they are listed. Opening checks the columns that say which cells are listed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.benchmarks import Column, open_table, write_table
from awnas_gym.benchmarks.listing import listing_columns
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.spaces import Archs
from awnas_gym.spaces.nasbench101 import EDGES, INTERIOR, VERTICES, NASBench101
from experiments.record import seconds, write_result

SPACE = NASBench101()
ACCURACY = "test_accuracy"


def published(path: Path) -> tuple[Archs, dict[str, NDArray[np.float64]]]:
    """Return the cells of the published data, int8 `[rows, 26]`, and their metrics.

    Args:
        path: NPZ with `n` vertices, `bits` (edge x->y is bit x + y (y - 1) / 2), `labels` (base 3, vertex 1 the lowest
            digit), `acc29952` (accuracy times 29,952) and `params`, one a cell.
    """
    with np.load(path) as file:
        n, bits, labels = (file[name].astype(np.int64) for name in ("n", "bits", "labels"))
        metrics = {ACCURACY: file["acc29952"] / 29952, "params": file["params"].astype(np.float64)}
    archs = np.zeros((len(n), len(EDGES) + INTERIOR), dtype=SPACE.dtype)
    for size in range(2, VERTICES + 1):
        of, place = n == size, [*range(size - 1), VERTICES - 1]
        for i, (source, target) in enumerate((x, y) for y in range(1, size) for x in range(y)):
            archs[of, EDGES.index((place[source], place[target]))] = bits[of] >> i & 1
        for vertex in range(size - 2):
            archs[of, len(EDGES) + vertex] = labels[of] // 3**vertex % 3
    return archs, metrics


def made_up(rows: int, rng: np.random.Generator) -> tuple[Archs, dict[str, NDArray[np.float64]]]:
    """Return different random cells, int8 `[rows, 26]`, and made-up metrics."""
    archs = SPACE.sample(rng, 2 * rows)
    _, first = np.unique(SPACE.fingerprint(archs), return_index=True)
    archs = archs[np.sort(first)[:rows]]
    return archs, {ACCURACY: rng.random(len(archs)), "params": rng.random(len(archs)) * 1e7}


def measure(path: Path, batch: int, repeats: int) -> dict[str, float]:
    """Return what the table at `path` does in a second, and the milliseconds to open it."""
    rng, only = np.random.default_rng(0), frozenset({ACCURACY})
    evaluator = TableEvaluator(open_table(path))
    vector = evaluator.vector(ACCURACY, evaluator.fidelities[-1], "mean")
    population = evaluator.population()
    listed = population[rng.integers(len(population), size=batch)]
    random = SPACE.sample(rng, batch)
    places = evaluator.places(listed)
    few = listed[:2000]
    dictionary = dict(zip((tuple(arch) for arch in population.tolist()), vector.tolist(), strict=False))
    by_row = seconds(lambda: vector[places], repeats) / batch
    by_decisions = seconds(lambda: evaluator.evaluate(listed, rng=rng, metrics=only), repeats) / batch
    by_class = seconds(lambda: evaluator.evaluate(random, rng=rng, metrics=only), repeats) / batch
    naive = seconds(lambda: [dictionary[tuple(arch)] for arch in few.tolist()], 5) / len(few)
    return {
        "rows": len(population),
        "table_mb": path.stat().st_size / 1e6,
        "open_ms": seconds(lambda: TableEvaluator(open_table(path)), repeats) * 1e3,
        "gathered_by_row_per_s": 1 / by_row,
        "listed_archs_per_s": 1 / by_decisions,
        "random_archs_per_s": 1 / by_class,
        "dictionary_archs_per_s": 1 / naive,
        "listed_over_dictionary": naive / by_decisions,
    }


def main() -> None:
    """Make the table in a temporary folder, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npz", type=Path, help="the published cells; made-up ones without it")
    parser.add_argument("--rows", type=int, default=SPACE.unique_size, help="made-up cells")
    parser.add_argument("--batch", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    made = made_up(options.rows, np.random.default_rng(0)) if options.npz is None else published(options.npz)
    archs, metrics = made
    columns, classes = listing_columns(SPACE, archs)
    columns |= {name: Column(values, ("row",)) for name, values in metrics.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.awnas"
        card = {"title": "cells of NAS-Bench-101", "classes": classes}
        write_table(path, space={"name": SPACE.name, "settings": SPACE.settings}, card=card, columns=columns)
        result = {
            "cells": "made up" if options.npz is None else "published",
            **measure(path, options.batch, options.repeats),
        }
    for name, value in result.items():
        print(f"{name:<24} {value if isinstance(value, str) else format(value, ',.1f'):>16}")
    write_result(options.out, result)


if __name__ == "__main__":
    main()
