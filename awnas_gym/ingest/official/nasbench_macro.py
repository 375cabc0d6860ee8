"""NAS-Bench-Macro [Su et al., CVPR 2021] from its JSON: three trainings of each of 6,561 networks on CIFAR-10."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks import Column
from awnas_gym.benchmarks.packaged import numbers
from awnas_gym.config import brief
from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.ingest.official.imported import CURVE, Imported, Progress
from awnas_gym.ingest.official.importer import importer
from awnas_gym.spaces.nasbench_macro import NASBenchMacro

EPOCHS, SEEDS = 50, (0, 1, 2)
NAME = "nasbench_macro"

CARD: dict[str, Any] = {
    "title": "NAS-Bench-Macro: 6,561 mobile networks on CIFAR-10",
    "licence": "Apache-2.0",
    "url": "https://github.com/xiusu/NAS-Bench-Macro",
    "protocol": "three trainings of 50 epochs on all 50,000 training images; accuracy on the 10,000 test images",
    "fidelities": [EPOCHS],
    "seeds": list(SEEDS),
    "limits": [
        "There is no validation split. Every accuracy is of the test images, so whoever searches here selects on them: "
        "what is found is optimistic, and a reward needs split='test'.",
        "An accuracy is the best of the 50 epochs, picked by the same test images, not that of the last one.",
        "3,969 networks were trained. The others differ from one of them in where identities stand, compute the same "
        "function and have its record.",
        "Nobody recorded how long a training takes: there is no cost_s.",
    ],
}


@importer(tables=(NAME,), unit="networks")
def import_nasbench_macro(path: Path, *, progress: Progress) -> list[Imported]:
    """Return the table `nasbench_macro` of `nas-bench-macro_cifar10.json`, in the order of the genotypes.

    Raises:
        MissingDataError: no such file.
        TableFileError: it is damaged, or does not hold every network; names the entry.
    """
    space = NASBenchMacro()
    archs = space.enumerate()
    content = _read(path)
    genotypes = [space.genotype(arch) for arch in archs]
    absent = sorted(set(genotypes) - content.keys())
    if absent or len(content) > len(genotypes):
        named = f"{absent[0]} is absent" if absent else f"{brief(min(content.keys() - set(genotypes)))} is none"
        raise TableFileError(f"{path} is no file of NAS-Bench-Macro: of its {len(genotypes):,} networks, {named}")
    entries = {genotype: content[genotype] for genotype in genotypes}
    metrics = {
        "test_accuracy": Column(_accuracy(path, entries), CURVE),
        "params": Column(numbers(path, entries, "params", most=1e9), ("row",)),
        "macs": Column(numbers(path, entries, "flops", most=1e12), ("row",)),
    }
    progress(len(entries), len(entries))
    return [Imported(NAME, space, archs, metrics, CARD, chance=0.1)]


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MissingDataError(f"no file at {path}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TableFileError(f"{path} is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise TableFileError(f"{path} is {brief(content)}; a dictionary of networks is wanted")
    return content


def _accuracy(path: Path, entries: dict[str, Any]) -> NDArray[np.float32]:
    """Return the accuracies, float32 `[networks, seeds, 1]`, compared with the means that the file gives."""
    means = numbers(path, entries, "mean_acc", most=100)
    for genotype, entry in entries.items():
        if not isinstance(entry.get("test_acc"), list) or len(entry["test_acc"]) != len(SEEDS):
            raise TableFileError(f"{path}: test_acc of {genotype} is {brief(entry.get('test_acc'))}; three are wanted")
    by_seed = [{name: {"test_acc": entry["test_acc"][k]} for name, entry in entries.items()} for k in range(len(SEEDS))]
    percent = np.stack([numbers(path, each, "test_acc", most=100) for each in by_seed], axis=1)
    wrong = np.flatnonzero(np.abs(percent.mean(axis=1) - means) > 1e-6)
    if len(wrong):
        raise TableFileError(f"{path}: mean_acc of {list(entries)[wrong[0]]} is not the mean of its test_acc")
    return (percent / 100).astype(np.float32)[:, :, None]
