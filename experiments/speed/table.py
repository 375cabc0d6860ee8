"""How fast does a table answer, and open?

    python experiments/speed/table.py --out experiments/speed/results/table.json

Batches of a million random architectures through the evaluator, beside a Python dictionary keyed by the genotype
(what a converted pickle of the benchmark is) and beside a loop over single evaluations.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.benchmarks import FOLDER, TABLES, open_table
from awnas_gym.evaluators.table import TableEvaluator
from experiments.record import seconds, write_result


def main() -> None:
    """Measure and print architectures a second, and milliseconds to open."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", default="fashion14")
    parser.add_argument("--batch", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    path = FOLDER / TABLES[options.table].target
    evaluator = TableEvaluator(open_table(path))
    space, rng = evaluator.space, np.random.default_rng(0)
    archs = space.sample(rng, options.batch)
    only = frozenset({"valid_accuracy"})
    few = archs[:2000]
    everything = space.unindex(np.arange(space.size))
    scores = evaluator.evaluate(everything, rng=rng, metrics=only)["valid_accuracy"].tolist()
    dictionary = dict(zip((tuple(arch) for arch in everything.tolist()), scores, strict=True))
    batch = seconds(lambda: evaluator.evaluate(archs, rng=rng, metrics=only), options.repeats) / len(archs)
    single = seconds(lambda: [evaluator.evaluate(arch[None], rng=rng, metrics=only) for arch in few], 5) / len(few)
    naive = seconds(lambda: [dictionary[tuple(arch)] for arch in few.tolist()], 5) / len(few)
    opening = seconds(lambda: TableEvaluator(open_table(path)), options.repeats)
    result = {
        "batch_archs_per_s": 1 / batch,
        "single_archs_per_s": 1 / single,
        "dictionary_archs_per_s": 1 / naive,
        "batch_over_dictionary": naive / batch,
        "open_ms": opening * 1e3,
    }
    for name, value in result.items():
        print(f"{name:<24} {value:>16,.1f}")
    write_result(options.out, result)


if __name__ == "__main__":
    main()
