"""Files in the true layout of TransNAS-Bench-101, with made-up numbers: for tests and measurements.

The layout is that of the authors' README and api.py; names of metrics beyond those of the README are those that public
code asks the file for. Seconds are written as the authors' code writes them, as a clock's text.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from awnas_gym.spaces.transnas_macro import TransNASMacro
from awnas_gym.spaces.transnas_micro import TransNASMicro

_CLASSES = ("top1", "top5", "loss")
METRICS = {
    "class_scene": _CLASSES,
    "class_object": _CLASSES,
    "room_layout": ("loss", "neg_loss"),
    "jigsaw": _CLASSES,
    "segmentsemantic": ("loss", "acc", "mIoU"),
    "normal": ("l1_loss", "ssim"),
    "autoencoder": ("l1_loss", "ssim"),
}
EPOCHS = {
    "class_scene": 25,
    "class_object": 25,
    "room_layout": 25,
    "jigsaw": 10,
    "segmentsemantic": 30,
    "normal": 30,
    "autoencoder": 30,
}
INFO = ("inference_time", "encoder_params", "model_params", "model_FLOPs", "encoder_FLOPs")
PERCENT = {"top1", "top5", "acc", "mIoU"}


def names(split: str, task: str) -> list[str]:
    """Return the metrics of a split."""
    more = ["train_g_loss", "train_d_loss"] if split == "train" and "ssim" in METRICS[task] else []
    return [f"{split}_{metric}" for metric in METRICS[task]] + more


def network(task: str, rng: np.random.Generator) -> dict[str, Any]:
    """Return what the file holds of one network on one task."""
    epochs, metrics = EPOCHS[task], {}
    for split in ("train", "valid", "test"):
        for name in names(split, task):
            scale = 100 if name.partition("_")[2] in PERCENT else 1
            metrics[name] = (np.sort(rng.random(epochs)) * scale).tolist()
        if task == "room_layout":
            metrics[f"{split}_neg_loss"] = [-loss for loss in metrics[f"{split}_loss"]]
    elapsed = np.cumsum(rng.integers(60, 600, epochs)).tolist()
    metrics["time_elapsed"] = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in elapsed]
    params, macs = int(rng.integers(1e5, 1e7)), float(rng.integers(1e8, 1e10))
    info = dict(zip(INFO, (float(rng.uniform(0.003, 0.03)), params, params + 1000, macs + 1e6, macs), strict=True))
    return {"metrics": metrics, "model_info": info, "total_epochs": epochs}


def transnas(genotypes: Sequence[str], rng: np.random.Generator) -> dict[str, Any]:
    """Return what the whole file holds, for these networks."""
    data: dict[str, dict[str, Any]] = {"macro": {}, "micro": {}}
    for genotype in genotypes:
        space = "macro" if genotype.endswith("-basic") else "micro"
        data[space][genotype] = {task: network(task, rng) for task in METRICS}
    lists = {
        task: [*(name for split in ("train", "valid", "test") for name in names(split, task)), "time_elapsed"]
        for task in METRICS
    }
    return {"metrics_dict": lists, "info_names": list(INFO), "task_list": list(METRICS), "data": data}


def all_genotypes() -> list[str]:
    """Return the names of all 7,352 networks, those of the macro space first."""
    return [space.genotype(arch) for space in (TransNASMacro(), TransNASMicro()) for arch in space.enumerate()]


def write_transnas(path: Path, content: Any) -> None:  # noqa: ANN401 - also damaged content
    """Write it."""
    path.write_bytes(transnas_bytes(content))


def transnas_bytes(content: Any, *, archive: bool = False) -> bytes:  # noqa: ANN401
    """Return what `torch.save` writes: in the form before its version 1.6 or, with `archive`, in that since then."""
    bare = pickle.dumps(content, 2)
    if archive:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as whole:
            whole.writestr("transnas/data.pkl", bare)
        return file.getvalue()
    head = (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True})
    return b"".join(pickle.dumps(part, 2) for part in head) + bare + pickle.dumps([], 2)
