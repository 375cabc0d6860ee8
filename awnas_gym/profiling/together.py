"""How long layers take in each other's company, as within a network: caches hold what others left there."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence

import numpy as np

LEAST_PASSES = 20
HOW = (
    "median over single runs, in turns with other layers of the same space in random order, so that caches hold what "
    "others left there, as within a network; after two passes to warm up"
)
"""For cards."""


def time_together_ms(
    runs: Sequence[Callable[[], object]], passes_s: float, rng: np.random.Generator
) -> list[dict[str, float]]:
    """Return of each `latency_ms`, a median over runs, their `latency_ms_iqr` and their number, `latency_ms_n`.

    A loop that runs one layer again and again finds its weights and its code in the fastest caches. Within a network
    they were pushed out by other layers: there, small layers take up to twice as long.

    Args:
        runs: what is measured; each pass runs all, in an order of its own.
        passes_s: seconds that all passes take together, at least; there are `LEAST_PASSES` at least.
        rng: consumed, by the orders.
    """
    taken_s: list[list[float]] = [[] for _ in runs]
    collects = gc.isenabled()
    gc.disable()
    try:
        for run in [*runs, *runs]:
            run()
        begin = time.perf_counter()
        while time.perf_counter() - begin < passes_s or len(taken_s[0]) < LEAST_PASSES:
            for i in rng.permutation(len(runs)).tolist():
                run = runs[i]
                start = time.perf_counter()
                run()
                taken_s[i].append(time.perf_counter() - start)
    finally:
        if collects:
            gc.enable()
    quartiles = [np.quantile(each, [0.25, 0.5, 0.75]) * 1e3 for each in taken_s]
    return [
        {
            "latency_ms": round(float(middle), 7),
            "latency_ms_iqr": round(float(high - low), 7),
            "latency_ms_n": float(len(taken_s[0])),
        }
        for low, middle, high in quartiles
    ]
