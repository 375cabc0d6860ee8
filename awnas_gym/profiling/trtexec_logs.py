"""What TensorRT's `trtexec` says of a model: its log, or the times that `--exportTimes` writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from awnas_gym.errors import SettingError
from awnas_gym.profiling.model_files import model_file

HOW = "trtexec: median of the GPU's compute time, without copies to and from it"
_MEDIAN = re.compile(r"GPU Compute(?: Time)?: min = .*? median = ([0-9.eE+-]+) ms")


def read(folder: Path, model: str) -> dict[str, float]:
    """Return `latency_ms` of `MODEL.log` or `.txt`, what trtexec printed, or of `MODEL.json`, of `--exportTimes`.

    From the times come `latency_ms_iqr` and `latency_ms_n` too.

    Raises:
        MissingDataError: no such file.
        SettingError: it is none, or the measurement failed.
    """
    path = model_file(folder, model, (".log", ".txt", ".json"))
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        return _of_times(text) if path.suffix == ".json" else _of_log(text)
    except (OSError, ValueError, RecursionError, KeyError, TypeError) as error:
        raise SettingError(f"{path}: {type(error).__name__}: {error}") from error


def _of_log(text: str) -> dict[str, float]:
    if "&&&& FAILED" in text:
        raise SettingError("trtexec failed")
    found = _MEDIAN.findall(text)
    if not found:
        raise SettingError("there is no line 'GPU Compute Time: min = … ms, …, median = … ms'")
    return {"latency_ms": float(found[-1])}


def _of_times(text: str) -> dict[str, float]:
    runs_ms = np.array([float(run["computeMs"]) for run in json.loads(text)])
    if not len(runs_ms):
        raise SettingError("there is no run")
    low, middle, high = np.quantile(runs_ms, [0.25, 0.5, 0.75]).tolist()
    return {"latency_ms": middle, "latency_ms_iqr": high - low, "latency_ms_n": float(len(runs_ms))}
