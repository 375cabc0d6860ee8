"""Measure layers on this machine. This file runs alone: it needs Python 3.8, and elsewhere NumPy and ONNX Runtime."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

BLOCKS, LEAST_BLOCKS = 20, 5
HOW = "median over blocks of runs, after a warm-up that chooses the runs of a block; IQR and n are of the blocks"


def time_ms(run: Callable[[], object], min_run_s: float, wait: Callable[[], object] | None = None) -> dict[str, float]:
    """Return `latency_ms`, a median over blocks of runs, their `latency_ms_iqr` and their number, `latency_ms_n`.

    Args:
        run: what is measured.
        min_run_s: seconds that all blocks take together, at least.
        wait: until what was started is done, once a block.
    """

    def block_s(runs: int) -> float:
        start = time.perf_counter()
        for _ in range(runs):
            run()
        if wait is not None:
            wait()
        return time.perf_counter() - start

    collects = gc.isenabled()
    gc.disable()
    try:
        runs, taken = 1, block_s(1)  # the first run of all allocates and compiles
        while runs == 1 or taken < min_run_s / BLOCKS:
            runs *= 2
            taken = block_s(runs)
        runs = max(1, round(runs * min_run_s / BLOCKS / taken))
        blocks_ms: list[float] = []
        left = min_run_s
        while left > 0 or len(blocks_ms) < LEAST_BLOCKS:
            taken = block_s(runs)
            left -= taken
            blocks_ms.append(1e3 * taken / runs)
    finally:
        if collects:
            gc.enable()
    low, middle, high = statistics.quantiles(blocks_ms, n=4, method="inclusive")
    return {"latency_ms": middle, "latency_ms_iqr": high - low, "latency_ms_n": float(len(blocks_ms))}
