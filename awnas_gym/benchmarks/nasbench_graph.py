"""NAS-Bench-Graph [Qin et al., NeurIPS 2022] as the package `nas-bench-graph` ships it, a table a data set."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np

from awnas_gym.benchmarks.listing import listing_columns
from awnas_gym.benchmarks.packaged import Contents, numbers, packaged_table
from awnas_gym.benchmarks.store import Column, TableFile
from awnas_gym.config import brief
from awnas_gym.errors import IllegalArchitectureError, TableFileError
from awnas_gym.pickles import read_pickle
from awnas_gym.spaces import Archs
from awnas_gym.spaces.nasbench_graph import NODES, OPERATIONS, STRUCTURES, NASBenchGraph

PROTEIN_OPERATIONS = ("gcn", "sage", "arma", "fc", "skip")
PREFIX = "nasbench_graph_"

LIMITS = (
    "The numbers are means over three seeds; the package does not ship the seeds one by one, nor learning curves.",
    "The package does not say after how many epochs it measures; the one fidelity is called 1.",
    "It does not state the unit of the latency; seconds are the only one that fits (cora: 0.4 to 8.5 ms).",
    "Networks with a path of skips from the input to the output were not trained; the space does without them.",
    "Validation and test scores of one run stand beside each other: the package does not say how the epoch was chosen.",
)


def nasbench_graph(name: str) -> TableFile:
    """Return the table of a data set, `nasbench_graph_<data set>`: every network of the space, once.

    Raises:
        MissingDataError: the package is not installed.
        TableFileError: its file is damaged, or does not hold the networks of the space.
        RunFolderError: the table cannot be kept.
    """
    dataset = name.removeprefix(PREFIX)
    read = functools.partial(_read, dataset)
    return packaged_table(
        name, package="nas-bench-graph", module="nas_bench_graph", file=f"light/{dataset}.bench", read=read
    )


def _read(dataset: str, path: Path) -> Contents:
    space = NASBenchGraph(operations=PROTEIN_OPERATIONS) if dataset == "proteins" else NASBenchGraph()
    entries = read_pickle(path)
    if not isinstance(entries, dict) or len(entries) != space.unique_size:
        count = f"{len(entries):,} entries" if isinstance(entries, dict) else f"a {type(entries).__name__}"
        raise TableFileError(f"{path} holds {count}; {space.unique_size:,} networks are wanted")
    listed, classes = listing_columns(space, _archs(path, space, list(entries)))
    if classes != space.unique_size:
        raise TableFileError(f"{path} holds {classes:,} different networks; {space.unique_size:,} are wanted")
    score = "roc_auc" if dataset == "proteins" else "accuracy"
    params = numbers(path, entries, "para", most=1e6) * 1e6
    columns = {
        f"valid_{score}": numbers(path, entries, "valid_perf", most=1),
        f"test_{score}": numbers(path, entries, "perf", most=1),
        "latency_ms": numbers(path, entries, "latency", most=1e6) * 1e3,
        "params": params.round(3),
    }
    card: dict[str, Any] = {
        "title": f"NAS-Bench-Graph, {dataset}",
        "about": f"{classes:,} graph networks trained on {dataset}; {score} on its validation and test nodes",
        "licence": "Apache-2.0, as the package's",
        "limits": list(LIMITS),
        "fidelities": [1],
        "classes": classes,
    }
    rows = {name: Column(values, ("row",)) for name, values in columns.items()}
    return Contents({"name": space.name, "settings": space.settings}, card, {**listed, **rows})


def _archs(path: Path, space: NASBenchGraph, keys: list[Any]) -> Archs:
    """Return the architectures of the package's keys: the structure and the four operations as decimal digits."""
    choices = {OPERATIONS.index(name): choice for choice, name in enumerate(space.operations)}
    rows = np.empty((len(keys), NODES + 1), dtype=space.dtype)
    for i, key in enumerate(keys):
        digits = [int(digit) for digit in f"{key:05d}"] if type(key) is int and 0 <= key < 10**5 else []
        if not digits or digits[0] >= len(STRUCTURES) or not choices.keys() >= set(digits[1:]):
            raise TableFileError(f"{path}: {brief(key)} is no key of a network with {', '.join(space.operations)}")
        rows[i] = [digits[0], *(choices[digit] for digit in digits[1:])]
    try:
        return space.check(rows)
    except IllegalArchitectureError as error:
        raise TableFileError(f"{path} holds a network outside the space: {error}") from error
