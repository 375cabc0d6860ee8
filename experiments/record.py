"""What every experiment shares: timing, and its result as JSON with the command, versions and machine that made it."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from awnas_gym import __version__
from awnas_gym.tabulate import machine

PACKAGES = ("numpy", "gymnasium", "torch", "torchvision", "stable-baselines3", "pymoo", "scikit-learn")


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Return the median time of a call, in seconds, after one to warm up."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def write_result(path: Path | None, result: dict[str, Any]) -> None:
    """Write `result` beside what repeats it; print it alone if there is no path."""
    versions = {"awnas_gym": __version__}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    script = Path(sys.argv[0])
    command = " ".join(["python", f"experiments/{script.parent.name}/{script.name}", *sys.argv[1:]])
    whole = {"command": command, "versions": versions, "machine": machine(), **result}
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(whole, indent=1) + "\n")
        print(f"written: {path}")
