"""How long does a file of NAS-Bench-101 take to become a table, and how much memory?

    python experiments/speed/import_nasbench101.py --npz nb101_full.npz \
        --out experiments/speed/results/import_nasbench101.json

A file in the true layout, as large as `nasbench_only108.tfrecord`: all 423,624 cells of the benchmark, three records
each, with made-up numbers and made-up hashes; without `--npz` random cells. `--full` writes the four budgets of
`nasbench_full.tfrecord`. Imported in a process of its own, whose peak memory is stated; then opened and asked.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.benchmarks import open_table
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest.official.run import import_tables
from awnas_gym.workers import worker_pool
from experiments.official_files import nasbench101_records, write_tfrecord
from experiments.record import seconds as median_seconds
from experiments.record import write_result
from experiments.speed.listed_table import SPACE, made_up, published

BUDGETS = (4, 12, 36, 108)


def write(path: Path, npz: Path | None, rows: int, budgets: tuple[int, ...]) -> int:
    """Write the file and return the number of its records."""
    rng = np.random.default_rng(0)
    archs = np.unique(SPACE.canonical(made_up(rows, rng)[0]), axis=0) if npz is None else published(npz)[0]
    hashes = (f"{i:032x}" for i in range(len(archs)))
    write_tfrecord(path, nasbench101_records(archs, hashes, budgets=budgets, rng=rng))
    return 3 * len(archs) * len(budgets)


def load(path: Path, home: Path) -> dict[str, Any]:
    """Import a file; return the table, seconds (also of the processor alone) and the peak memory of this process."""
    os.environ["AWNAS_HOME"] = str(home)
    start, before = time.perf_counter(), time.process_time()
    (table,) = import_tables("nasbench101", path).values()
    seconds = {"import_s": time.perf_counter() - start, "import_cpu_s": time.process_time() - before}
    return {"table": table, **seconds, "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def main() -> None:
    """Write, import, open and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npz", type=Path, help="the published cells; made-up ones without it")
    parser.add_argument("--rows", type=int, default=SPACE.unique_size, help="made-up cells, less what is the same")
    parser.add_argument("--full", action="store_true", help="four budgets")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    budgets = BUDGETS if options.full else BUDGETS[-1:]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "made_up.tfrecord"
        with worker_pool(1) as pool:  # processes of their own, so that one's memory is not another's
            start = time.perf_counter()
            records = pool.apply(write, (path, options.npz, options.rows, budgets))
            print(f"written: {records:,} records in {time.perf_counter() - start:.0f} s")
        with worker_pool(1) as pool:
            found = pool.apply(load, (path, Path(name) / "home"))
        table = found.pop("table")
        evaluator = TableEvaluator(open_table(table))
        result = {
            "records": records,
            "file_mb": path.stat().st_size / 1e6,
            **found,
            "records_per_s": records / found["import_s"],
            "table_mb": table.stat().st_size / 1e6,
            "rows": len(evaluator.population()),
            "open_ms": median_seconds(lambda: TableEvaluator(open_table(table)), 11) * 1e3,
        }
    for key, value in result.items():
        print(f"{key:<18} {value:>14,.2f}")
    write_result(options.out, result)


if __name__ == "__main__":
    main()
