"""Importer `mlp-log`: the log of a training script, `32-16-relu 0.81` a line, becomes a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from awnas_gym.benchmarks import Column
from awnas_gym.errors import TableFileError
from awnas_gym.ingest.official.imported import Imported, Progress
from awnas_gym.ingest.official.importer import importer
from awnas_gym.spaces import SPACES
from awnas_gym.tables import Row

ROWS = {"importer": {"mlp-log": Row(f"{__name__}:import_mlp_log", "a log of perceptrons, an accuracy a line")}}


@importer(tables=("mlp_log",), unit="lines")
def import_mlp_log(path: Path, *, progress: Progress) -> list[Imported]:
    """Return the table `mlp_log`: the validation accuracy of the architectures in the log, after 5 epochs."""
    space = SPACES.load("mlp")()
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    try:
        archs = np.array([space.parse(genotype) for genotype, _ in lines])
        accuracy = np.array([float(value) for _, value in lines])
    except ValueError as error:
        raise TableFileError(f"{path} is no log: {error}") from error
    progress(len(lines), len(lines))
    metrics = {"valid_accuracy": Column(accuracy[:, None, None], ("row", "trial", "epoch"))}
    card = {"title": "perceptrons of a log", "fidelities": [5]}
    return [Imported("mlp_log", space, archs, metrics, card, chance=1 / 4)]
