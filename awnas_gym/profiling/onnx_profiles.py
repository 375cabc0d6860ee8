"""What ONNX Runtime's profiler says of a model: the JSON of `enable_profiling`, or of `onnxruntime_perf_test -p`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import SettingError
from awnas_gym.profiling.model_files import model_file

ANOMALY = 0.1
HOW = "ONNX Runtime's profiler: median over runs of the sum of the kernels' times, in whole microseconds each; " + (
    "without the first run, and without runs whose whole time is off that sum, times the usual ratio of both, by 10 %"
)


def read(folder: Path, model: str) -> dict[str, float]:
    """Return `latency_ms`, `latency_ms_iqr` and `latency_ms_n`, runs, of `MODEL.json` or `MODEL_….json`.

    Raises:
        MissingDataError: no such file.
        SettingError: it is no profile of two runs at least.
    """
    path = model_file(folder, model, (".json",))
    try:
        sums_us, wholes_us = _runs(json.loads(path.read_bytes()))
        kept_us = usual(sums_us[1:], wholes_us[1:])  # the first run allocates, and may try out kernels
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise SettingError(f"{path}: {type(error).__name__}: {error}") from error
    low, middle, high = (np.quantile(kept_us, [0.25, 0.5, 0.75]) / 1e3).tolist()
    return {"latency_ms": middle, "latency_ms_iqr": high - low, "latency_ms_n": float(len(kept_us))}


def usual(sums: NDArray[np.float64], wholes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums, float64 `[kept]`, of the runs whose whole time agrees with them.

    aw_nas drops runs whose overall time is off the sum of their parts by more than 10 % (`remove_anomaly`). What is
    beside the parts takes a time of its own, which matters in small models; so the whole is compared with the sum times
    the median ratio of both.

    Args:
        sums: of the parts of each run, float64 `[runs]`.
        wholes: times of the same runs.

    Raises:
        SettingError: there is no run, or none agrees.
    """
    if not len(sums):
        raise SettingError("a profile of two runs at least is wanted; the first does not count")
    ratios = wholes / np.maximum(sums, 1e-9)
    kept: NDArray[np.float64] = sums[abs(ratios / np.median(ratios) - 1) <= ANOMALY]
    if not len(kept):
        raise SettingError(f"in none of {len(sums)} runs do the whole and its parts agree")
    return kept


def _runs(events: list[dict[str, Any]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return of each run the sum of its kernels' times and its own, in microseconds."""
    runs = [event for event in events if event.get("cat") == "Session" and event.get("name") == "model_run"]
    runs.sort(key=lambda event: float(event["ts"]))
    starts = np.array([float(run["ts"]) for run in runs])
    sums = np.zeros(len(runs))
    for event in events:
        if event.get("cat") == "Node" and str(event.get("name")).endswith("_kernel_time"):
            place = int(np.searchsorted(starts, float(event["ts"]), side="right")) - 1
            if place >= 0:
                sums[place] += float(event["dur"])
    return sums, np.array([float(run["dur"]) for run in runs])
