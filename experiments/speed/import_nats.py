"""How long does a folder of NATS-Bench take to become tables, how much memory, and how fast do they answer?

    python experiments/speed/import_nats.py --nats-bench site --out experiments/speed/results/import_nats.json

A `simple` folder in the true layout: all 15,625 topologies with made-up numbers, three seeds each, in files as large as
the official ones (1.3 GB). Imported in a process of its own, whose peak memory is stated. Then all architectures in one
batch, from decisions to validation and test accuracy on CIFAR-100 after 200 epochs, means of seeds. `--nats-bench`
names a folder with the authors' package (`pip install --no-deps --target site nats_bench`), which is asked for the same
in turn, architecture by architecture, in the same process: `get_more_info`, and `simulate_train_eval`, which its own
search scripts call. Both by number, of records that it has read before; and the accuracies are compared.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.benchmarks import open_table
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest.official.run import import_tables
from awnas_gym.workers import worker_pool
from experiments.official_nats import write_meta, write_records
from experiments.record import write_result

DATASET = "cifar100"
ASKED = ("valid_accuracy", "test_accuracy")
Call = Callable[[], object]


def write(folder: Path, count: int, workers: int) -> list[str]:
    """Write a folder with the first `count` records; return the architectures by their numbers."""
    names = write_meta(folder)[:count]
    with worker_pool(workers) as pool:
        parts = [(folder, dict(list(enumerate(names))[first :: 8 * workers])) for first in range(8 * workers)]
        pool.starmap(write_records, parts, chunksize=1)
    return names


def load(folder: Path, home: Path) -> dict[str, Any]:
    """Import a folder; return the tables, seconds (also of the processor alone) and the peak memory of this process."""
    os.environ["AWNAS_HOME"] = str(home)
    start, before = time.perf_counter(), time.process_time()
    tables = import_tables("nats-tss", folder, partial=True)
    seconds = {"import_s": time.perf_counter() - start, "import_cpu_s": time.process_time() - before}
    return {"tables": tables, **seconds, "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def ours(evaluator: TableEvaluator, archs: np.ndarray) -> dict[str, np.ndarray]:
    """Return both accuracies of a batch."""
    return evaluator.evaluate(archs, rng=np.random.default_rng(0), metrics=frozenset(ASKED))


def theirs(site: Path, folder: Path, count: int) -> dict[str, Call]:
    """Return the calls of the authors' package for `count` architectures, after their records are read."""
    sys.path.insert(0, str(site))
    api = importlib.import_module("nats_bench").create(str(folder), "tss", fast_mode=True, verbose=False)
    calls = {
        "get_more_info": lambda index: api.get_more_info(index, DATASET, hp="200", is_random=False),
        "simulate_train_eval": lambda index: api.simulate_train_eval(index, DATASET, hp="200"),
    }
    return {name: functools.partial(_each, call, count) for name, call in calls.items()}


def _each(call: Callable[[int], object], count: int) -> list[object]:
    return [call(index) for index in range(count)]


def microseconds(jobs: dict[str, tuple[Call, int]], repeats: int) -> dict[str, list[float]]:
    """Return microseconds an architecture of each job (call, architectures), one number a turn."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(repeats + 1):
        for name, (call, n) in jobs.items():
            start = time.perf_counter()
            call()
            if turn:  # the first reads records and fills caches
                times[name].append((time.perf_counter() - start) / n * 1e6)
    return times


def query(table: Path, folder: Path, names: list[str], options: argparse.Namespace) -> dict[str, Any]:
    """Return what a query takes: ours, theirs and how often ours goes into theirs."""
    evaluator = TableEvaluator(open_table(table))
    archs = np.stack([evaluator.space.parse(name) for name in names])
    jobs: dict[str, tuple[Call, int]] = {"batch": (functools.partial(ours, evaluator, archs), len(archs))}
    if options.nats_bench is not None:
        few = min(options.asked, len(names))
        calls = theirs(options.nats_bench, folder, few)
        found = ours(evaluator, archs[:few])
        for i, info in enumerate(calls["get_more_info"]()):
            if not np.allclose([info["valid-accuracy"], info["test-accuracy"]], [100 * found[m][i] for m in ASKED]):
                raise SystemExit(f"architecture {i}: the package says {info}, the table {found}")
        jobs |= {name: (call, few) for name, call in calls.items()}
    times = microseconds(jobs, options.repeats)
    result: dict[str, Any] = {f"{name}_us_an_arch": statistics.median(values) for name, values in times.items()}
    for name in list(jobs)[1:]:
        ratios = [them / us for them, us in zip(times[name], times["batch"], strict=True)]
        result[f"{name}_over_batch"] = statistics.median(ratios)
        result[f"{name}_over_batch_range"] = [min(ratios), max(ratios)]
    return result


def main() -> None:
    """Write, import, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=15_625)
    parser.add_argument("--nats-bench", type=Path, help="a folder with the authors' package")
    parser.add_argument("--asked", type=int, default=500, help="architectures that the package is asked for, a turn")
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--workers", type=int, default=2, help="that write the folder; one process imports it")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "NATS-tss-made_up-simple"
        folder.mkdir()
        names = write(folder, options.records, options.workers)
        print(f"written: {len(names):,} records")
        with worker_pool(1) as pool:
            found = pool.apply(load, (folder, Path(temporary) / "home"))
        tables = found.pop("tables")
        result = {
            "records": len(names),
            "folder_mb": sum(path.stat().st_size for path in folder.iterdir()) / 1e6,
            **found,
            "tables": len(tables),
            "tables_mb": sum(path.stat().st_size for path in tables.values()) / 1e6,
            **query(tables[f"nasbench201-{DATASET}"], folder, names, options),
        }
    for name, value in result.items():
        print(f"{name:<36} {', '.join(f'{x:,.3f}' for x in (value if isinstance(value, list) else [value])):>22}")
    write_result(options.out, result)


if __name__ == "__main__":
    main()
