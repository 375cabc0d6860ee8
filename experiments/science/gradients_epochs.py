"""Do losses fall when DARTS and GDAS search for some epochs? On images in a file, or on those that ship.

The file is an archive of NumPy arrays: x_train uint8 [n, H, W, 3], y_train, x_test, y_test. Half of the training images
give gradients, as in DARTS.

python experiments/science/gradients_epochs.py --images cifar10_subset_1000_500.npz \
  --out experiments/science/results/gradients_epochs.json
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.data import DATASETS, Split
from awnas_gym.data.searching import train_and_valid
from awnas_gym.search import Run, run
from awnas_gym.tables import Row
from experiments.record import write_result

AGENTS = ("darts", "gdas")
IMAGES = "AWNAS_EXPERIMENT_IMAGES"


def images() -> dict[str, Split]:
    """Return the images of the file: the data set `images` of this script."""
    with np.load(os.environ[IMAGES], allow_pickle=False) as arrays:
        return {
            split: Split(
                np.ascontiguousarray(arrays[f"x_{split}"].transpose(0, 3, 1, 2)), arrays[f"y_{split}"].astype(np.int64)
            )
            for split in ("train", "test")
        }


def main() -> None:
    """Search with each agent, and print the losses of each epoch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, help="archive of images; without it, fashion14")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--cells", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    name = "fashion14"
    if options.images is not None:
        os.environ[IMAGES], name = str(options.images), "images"
        DATASETS.add(name, Row(f"{__name__}:images", "of this script"))
    fraction = 0.5 if options.images is not None else None
    train, _, _ = train_and_valid(name, valid_fraction=fraction)
    steps = -(-len(train.labels) // options.batch_size)
    environment: dict[str, Any] = {
        "id": "awnas/CNN-DARTS-v0", "dataset": name, "channels": options.channels, "cells": options.cells,
        "batch_size": options.batch_size, "eval_batch_size": options.batch_size, "learning_rate": 0.1,
        "max_steps": 2 * steps * options.epochs, "threads": options.threads, "crop": 4 if fraction else 1,
    }  # fmt: skip
    if fraction is not None:
        environment["valid_fraction"] = fraction
    results = {}
    for agent in AGENTS:
        start = time.process_time()
        part = {"name": agent, "learning_rate": 0.03}
        records = run(Run(environment=environment, agent=part, budget={"evaluations": 10**6})).records
        losses = {
            split: np.array([record["metrics"][f"{split}_loss"] for record in records]).reshape(options.epochs, steps)
            for split in ("train", "valid")
        }
        results[agent] = {
            "seconds": time.process_time() - start,
            **{split: values.mean(axis=1).round(4).tolist() for split, values in losses.items()},
            "found": records[-1]["architecture"],
        }
        print(f"  {agent:<6} {results[agent]['seconds']:.0f} s   train {results[agent]['train']}", flush=True)
        print(f"  {'':<6}       valid {results[agent]['valid']}", flush=True)
    environment.pop("dataset")
    write_result(options.out, {"images": "a file" if fraction else name, "environment": environment, "agents": results})


if __name__ == "__main__":
    main()
