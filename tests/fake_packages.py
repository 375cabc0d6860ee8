"""Packages in the layout of `nas-bench-graph` and `analog-nasbench`, with made-up numbers; importing one fails."""

from __future__ import annotations

import itertools
import pickle
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.benchmarks.analog_nasbench import DRIFTS, SCORES
from awnas_gym.benchmarks.nasbench_graph import PROTEIN_OPERATIONS
from awnas_gym.spaces.nasbench_graph import OPERATIONS, NASBenchGraph

GRAPH_KEYS = {"cora": OPERATIONS, "proteins": PROTEIN_OPERATIONS}
"""The data sets that the made-up package has, and the operations of their networks."""


def graph_entries(dataset: str) -> dict[int, dict[str, Any]]:
    """Return what the file of a data set holds: key -> numbers that follow from the key."""
    space = NASBenchGraph(operations=GRAPH_KEYS[dataset])
    official = np.array([OPERATIONS.index(name) for name in space.operations])
    archs = np.unique(space.canonical(space.enumerate()), axis=0)
    keys = np.column_stack([archs[:, 0], official[archs[:, 1:]]]) @ 10 ** np.arange(5)[::-1]
    return {
        key: {
            "valid_perf": (key % 997 + 1) / 1000,
            "perf": (key % 991 + 1) / 1000,
            "latency": (key % 101 + 1) / 2**17,
            "para": np.float64(0.5 + key % 89 / 100),
        }
        for key in keys.tolist()
    }


def analog_entries() -> dict[tuple[int, ...], dict[str, Any]]:
    """Return what the file of the other package holds: key -> percentages that follow from the key."""
    fields = [*SCORES, *DRIFTS]
    return {
        key: {field: (i * 7 + k * 11) % 1000 / 10 for k, field in enumerate(fields)}
        for i, key in enumerate(itertools.product(range(5), repeat=6))
    }


def install(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Have the packages in a folder found before others, even if those have been imported."""
    patch.syspath_prepend(folder)
    for name in ("nas_bench_graph", "analognasbench"):
        patch.delitem(sys.modules, name, raising=False)


def write_module(folder: Path, name: str, package: str) -> Path:
    """Write a module that cannot be imported, and what pip writes beside it; return its folder."""
    module, about = folder / name, folder / f"{package.replace('-', '_')}-9.8.dist-info"
    for each in (module, about):
        each.mkdir()
    (module / "__init__.py").write_text(f"raise RuntimeError('{name} was imported')\n")
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 9.8\n")
    return module


def write_graphs(folder: Path) -> Path:
    """Write `nas-bench-graph`; return its folder."""
    module = write_module(folder, "nas_bench_graph", "nas-bench-graph")
    (module / "light").mkdir()
    for dataset in GRAPH_KEYS:
        (module / "light" / f"{dataset}.bench").write_bytes(pickle.dumps(graph_entries(dataset), 3))
    return module


def write_analog(folder: Path) -> Path:
    """Write `analog-nasbench`; return its folder."""
    module = write_module(folder, "analognasbench", "analog-nasbench")
    (module / "data.anb").write_bytes(analog_pickle(analog_entries()))
    return module


def analog_pickle(entries: dict[tuple[int, ...], dict[str, Any]]) -> bytes:
    """Return the entries as objects of two classes of the module `analognasbench.data`, which is gone afterwards."""
    module = types.ModuleType("analognasbench.data")
    for name in ("Architecture", "DriftMeasurement"):
        setattr(module, name, type(name, (), {"__module__": module.__name__}))

    def made(name: str, attributes: dict[str, Any]) -> Any:
        instance = getattr(module, name)()
        vars(instance).update(attributes)
        return instance

    found = {}
    for key, entry in entries.items():
        drifts = {f: made("DriftMeasurement", {"value": entry[f], "uncertainty": 0.5}) for f in DRIFTS if f in entry}
        found[key] = made("Architecture", {"architecture": key, **entry, **drifts})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "analognasbench", types.ModuleType("analognasbench"))
        patch.setitem(sys.modules, module.__name__, module)
        return pickle.dumps(found, 4)
