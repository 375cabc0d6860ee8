"""Benchmark table `mlp_stripes`: every perceptron on stripes, measured when the table is first opened."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from awnas_gym.benchmarks import Column, TableFile
from awnas_gym.evaluators import EVALUATORS
from awnas_gym.spaces import SPACES
from awnas_gym.tables import Row

ROWS = {"table": {"mlp_stripes": Row(f"{__name__}:mlp_stripes", "32 perceptrons on stripes, three trainings each")}}


def mlp_stripes(name: str) -> TableFile:
    """Return the table; a package that ships a file would `open_table(Path(__file__).with_name(...))` instead."""
    space = SPACES.load("mlp")()
    evaluator = EVALUATORS.load("mlp_training")(space)
    curves = [evaluator.curves(arch) for arch in space.enumerate()]
    columns = {
        f"{split}_accuracy": Column(np.stack([each[split] for each in curves]), ("arch", "trial", "epoch"))
        for split in evaluator.splits
    }
    checksum = hashlib.sha256(b"".join(column.values.tobytes() for column in columns.values())).hexdigest()
    described = {"name": space.name, "settings": space.settings}
    return TableFile(Path(name), described, {**evaluator.card, "title": name}, columns, checksum)
