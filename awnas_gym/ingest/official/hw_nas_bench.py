"""HW-NAS-Bench [Li et al., ICLR 2021] from its pickle: latency and energy of the cells of NAS-Bench-201 on six devices.

The other half of the file, lookup tables over the blocks of FBNet, is read by `hw_nas_bench_fbnet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks import Column
from awnas_gym.config import brief
from awnas_gym.errors import GenotypeError, TableFileError
from awnas_gym.ingest.official.imported import Imported, Progress
from awnas_gym.ingest.official.importer import importer
from awnas_gym.ingest.official.nats_records import DATASETS, TOPOLOGY
from awnas_gym.pickles import read_pickle
from awnas_gym.spaces import AbstractSpace, Archs

PREFIX = "hw_nas_bench-"

METRICS = {
    "edgegpu_latency": "edgegpu_latency_ms",
    "edgegpu_energy": "edgegpu_energy_mj",
    "raspi4_latency": "raspi4_latency_ms",
    "edgetpu_latency": "edgetpu_latency_ms",
    "pixel3_latency": "pixel3_latency_ms",
    "eyeriss_latency": "eyeriss_latency_ms",
    "eyeriss_energy": "eyeriss_energy_mj",
    "fpga_latency": "fpga_latency_ms",
    "fpga_energy": "fpga_energy_mj",
}
"""Name in the file -> metric here. It also holds `eyeriss_arithmetic_intensity`, which is neither time nor energy."""

MOST = 1e9
"""Milliseconds or millijoules that are believed."""

LIMITS = (
    "Measured or estimated, says the paper, without errors or repeats: one number for each network and device.",
    "In all numbers that the authors print, fpga_energy is 7 W times fpga_latency: as objectives, these two are one.",
    "edgegpu is a Jetson TX2 running one image at a time by TensorRT; its energy is its mean power times the latency.",
    "There is no energy for raspi4, edgetpu and pixel3.",
    "A latency is that of the network as it is written: cells that compute the same function have different ones.",
)


@importer(tables=tuple(f"{PREFIX}{name}" for name in DATASETS), unit="tables")
def import_hw_nas_bench(path: Path, *, progress: Progress) -> list[Imported]:
    """Return a table of each data set, `hw_nas_bench-<data set>`: every cell of NAS-Bench-201, in the official order.

    Args:
        path: of `HW-NAS-Bench-v1_0.pickle`.
        progress: told how many tables are read.

    Raises:
        MissingDataError: no such file.
        TableFileError: it is damaged or something else; names the part and, of a network, its number.
    """
    content = read_pickle(path)
    tables = []
    for dataset in DATASETS:
        tables.append(_table(path, part(path, content, "nasbench201", dataset), dataset))
        progress(len(tables), len(DATASETS))
    return tables


def part(path: Path, content: object, *keys: str) -> dict[str, Any]:
    """Return the dictionary under some keys of the file's content; `TableFileError` names what is not there."""
    found: Any = content
    for key in keys:
        if not isinstance(found, dict) or not isinstance(found.get(key), dict):
            raise TableFileError(f"{path} is no file of HW-NAS-Bench: it holds no dictionary under {' / '.join(keys)}")
        found = found[key]
    return dict(found)


def is_cost(value: Any) -> bool:  # noqa: ANN401 - whatever a file holds
    """Tell whether a value is a number of milliseconds or millijoules."""
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return is_number and bool(0 <= value <= MOST)


def _table(path: Path, found: dict[str, Any], dataset: str) -> Imported:
    where = f"{path}: nasbench201 / {dataset}"
    missing = sorted({*METRICS, "config"} - found.keys())
    if missing:
        raise TableFileError(f"{where} lacks {', '.join(missing)}")
    space = TOPOLOGY.make_space(dataset)
    card = {
        "title": f"HW-NAS-Bench v1.0, NAS-Bench-201 on {dataset}",
        "licence": "MIT",
        "url": "https://github.com/GATECH-EIC/HW-NAS-Bench",
        "protocol": "latency in ms and energy in mJ of one image, on six devices",
        "dataset": dataset,
        "limits": list(LIMITS),
    }
    metrics = {metric: Column(_numbers(f"{where} / {name}", found[name]), ("row",)) for name, metric in METRICS.items()}
    archs = _archs(f"{where} / config", found["config"], space)
    return Imported(f"{PREFIX}{dataset}", space, archs, metrics, card, chance=1 / DATASETS[dataset].classes)


def _all(where: str, column: Sequence[Any]) -> list[Any]:
    """Return the entries of a column by their numbers, as the authors' code asks for them."""
    try:
        if len(column) == TOPOLOGY.size:
            return [column[i] for i in range(TOPOLOGY.size)]
    except (LookupError, TypeError):
        pass
    raise TableFileError(f"{where} is {brief(column)}; an entry for each of {TOPOLOGY.size:,} networks is wanted")


def _numbers(where: str, column: Sequence[Any]) -> NDArray[np.float64]:
    """Return a metric, float64 `[networks]`; nan, not measured, stays nan."""
    entries = _all(where, column)
    for i, value in enumerate(entries):
        if not is_cost(value) and not (isinstance(value, (float, np.floating)) and np.isnan(value)):
            raise TableFileError(f"{where} of network {i} is {brief(value)}; a number from 0 is wanted")
    return np.array(entries, dtype=np.float64)


def _archs(where: str, column: Sequence[Any], space: AbstractSpace) -> Archs:
    """Return the architectures of the configurations, after a look at the network around the cells."""
    settings = space.settings
    wanted = {"C": settings["channels"], "N": settings["cells"], "num_classes": settings["classes"]}
    archs = np.empty((TOPOLOGY.size, len(space.cardinalities)), dtype=space.dtype)
    for i, config in enumerate(_all(where, column)):
        entries = config if isinstance(config, dict) else {}
        for key, value in wanted.items():
            if not isinstance(entries.get(key), int) or entries[key] != value:
                raise TableFileError(f"{where} of network {i} is {brief(config)}; {key} {value} is wanted")
        if not isinstance(entries.get("arch_str"), str):
            raise TableFileError(f"{where} of network {i} is {brief(config)}; a text arch_str is wanted")
        try:
            archs[i] = space.parse(entries["arch_str"])
        except GenotypeError as error:
            raise TableFileError(f"{where} of network {i}: {error}") from error
    return archs
