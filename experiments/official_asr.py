"""Files in the true layout of NAS-Bench-ASR, with made-up numbers: for tests and measurements.

The layout is that of the authors' README and dataset.py: a header and rows, one pickle after the other. Error rates of
epochs are numbers of NumPy, as the README prints them.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from awnas_gym.spaces import Archs
from awnas_gym.spaces.nasbench_asr import OPERATIONS, NASBenchASR

SPACE = NASBenchASR()
SEEDS, DEVICES = (1234, 1235, 1236), ("gtx-1080ti-fp32", "jetson-nano-fp32")
SHAPE = [[6, 2], [6, 2, 2], [6, 2, 2, 2]]

Content = tuple[dict[str, Any], list[list[Any]]]
"""A header and rows."""

Cells = dict[str, list[tuple[int, ...]]]
"""Hash -> vector."""


def cells(archs: Archs) -> Cells:
    """Return the cells of some architectures, which are of different graphs."""
    return {SPACE.official_hash(arch): vector(arch) for arch in archs}


def all_cells() -> Cells:
    """Return a cell of each of the 8,242 graphs."""
    return cells(np.unique(SPACE.canonical(SPACE.enumerate()), axis=0))


def vector(arch: Archs) -> list[tuple[int, ...]]:
    """Return an architecture as the files write it."""
    row = arch.tolist()
    return [tuple(row[:2]), tuple(row[2:5]), tuple(row[5:])]


def header(kind: str, columns: Sequence[str], **further: Any) -> dict[str, Any]:  # noqa: ANN401 - what it says besides
    """Return the first of a file's two pickles."""
    space = {"shape": SHAPE, "ops": list(OPERATIONS), "nodes": 3}
    return {"dataset_type": kind, "version": 1, "search_space": space, "columns": list(columns), **further}


def trainings(found: Cells, epochs: int, seed: int, rng: np.random.Generator) -> Content:
    """Return what `nb-asr-e<epochs>-<seed>.pickle` holds."""
    rows = [
        [key, list(rng.random(epochs).astype(np.float32)), float(rng.random()), arch] for key, arch in found.items()
    ]
    columns = ("model_hash", "val_per", "test_per", "arch_vec")
    return header("training", columns, seed=seed, epochs=epochs), rows


def latencies(found: Cells, device: str, rng: np.random.Generator) -> Content:
    """Return what `nb-asr-bench-<device>.pickle` holds."""
    rows = [[key, float(rng.uniform(0.02, 0.6))] for key in found]
    return header("benchmarking", ("model_hash", "latency"), device=device), rows


def static(found: Cells, rng: np.random.Generator) -> Content:
    """Return what `nb-asr-info.pickle` holds."""
    rows = [[key, int(rng.integers(10**7, 10**8)), float(rng.integers(10**9, 10**10))] for key in found]
    return {**header("static", ("model_hash", "params", "flops")), "version": 2}, rows


def nasbench_asr(found: Cells, rng: np.random.Generator) -> dict[str, Content]:
    """Return all files, by their names: three seeds of 40 epochs, one of 5 and of 10, two devices, static numbers."""
    files = {f"nb-asr-e40-{seed}.pickle": trainings(found, 40, seed, rng) for seed in SEEDS}
    files |= {f"nb-asr-e{epochs}-{SEEDS[0]}.pickle": trainings(found, epochs, SEEDS[0], rng) for epochs in (5, 10)}
    files |= {f"nb-asr-bench-{device}.pickle": latencies(found, device, rng) for device in DEVICES}
    return {**files, "nb-asr-info.pickle": static(found, rng)}


def asr_bytes(content: Content, protocol: int = 4) -> bytes:
    """Return a file."""
    return b"".join(pickle.dumps(part, protocol) for part in content)


def write_asr(folder: Path, files: dict[str, Content]) -> Path:
    """Write the files into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(asr_bytes(content))
    return folder
