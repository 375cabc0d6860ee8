"""Measure the tables of layers that the package ships, on this machine: one and two threads, PyTorch and ONNX Runtime.

    python experiments/measure_shipped.py              # all four, on a machine that does nothing else
    python experiments/measure_shipped.py cpu-2t

A stop of any kind costs what was being measured; the same command goes on. A table that is there gets what it lacks.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from awnas_gym.cli.progress import progress_bar
from awnas_gym.hardware import FOLDER
from awnas_gym.profiling import RUNTIMES
from awnas_gym.profiling.layers import profile_layers
from awnas_gym.spaces import SPACES, AbstractSpace

TABLES: dict[str, dict[str, Any]] = {
    "cpu-1t": {"runtime": "torch", "threads": 1},
    "cpu-2t": {"runtime": "torch", "threads": 2},
    "cpu-1t-onnxruntime": {"runtime": "onnxruntime", "threads": 1},
    "cpu-2t-onnxruntime": {"runtime": "onnxruntime", "threads": 2},
}

FASHION = {"image_channels": 1, "image_size": 14, "classes": 10}
"""Of the images that the package ships, on which environments play by default."""

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("nasbench201", {}),  # of CIFAR-10, then of CIFAR-100 and of ImageNet16-120
    ("nasbench201", {"classes": 100}),
    ("nasbench201", {"classes": 120, "image_size": 16}),
    ("nasbench201", {"channels": 4, "cells": 1, "reduction": "projection", **FASHION}),  # the table fashion14
    ("nasbench201", {"channels": 8, "cells": 5, **FASHION}),  # shared weights
    ("darts", {}),  # 20 cells of 36 channels
    ("darts", {"channels": 16, "cells": 8}),
    ("darts", {"channels": 8, "cells": 5, **FASHION}),
    ("enas", {"channels": 8, "cells": 5, **FASHION}),
    ("nasbench301", {}),
    ("fbnet", {}),
    ("fbnet", {"variant": "cifar", "channels": 8, **FASHION}),
    ("proxylessnas", {}),
    ("proxylessnas", {"variant": "cifar", "channels": 8, **FASHION}),
    ("ofa_mbv3", {}),
    ("ofa_mbv2", {}),
    ("nasbench_macro", {}),
    ("nasbench101", {}),
    ("transnas_micro", {}),
]
"""Those of published networks, and those that environments have by default. (`nats_size` alone has 558 more layers.)"""


def spaces() -> Iterator[AbstractSpace]:
    """Yield the spaces whose layers are in each table."""
    for name, settings in SETTINGS:
        yield SPACES.load(name)(**settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}; all by default")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of the tables")
    parser.add_argument("--min-run-s", type=float, default=0.1)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if unknown := set(options.tables) - set(TABLES):
        parser.error(f"no table {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    wanted = list(spaces())
    for name in options.tables or TABLES:
        settings = dict(TABLES[name])
        make = RUNTIMES.load(settings.pop("runtime"))
        runtime = make(batch_size=1, min_run_s=options.min_run_s, device="cpu", **settings)
        path = options.folder / f"{name}.csv"
        watch = partial(progress_bar, label=name)
        table = profile_layers(wanted, runtime, path, watch=watch, rounds=options.rounds)
        print(f"written: {path} ({len(table.rows):,} layers)")


if __name__ == "__main__":
    main()
