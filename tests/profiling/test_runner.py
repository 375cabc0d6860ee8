"""The script that measures elsewhere, and its timer."""

from __future__ import annotations

import gc
from itertools import count

import pytest

from awnas_gym.profiling import runner


class Clock:
    """A clock that moves only by what is run."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.mark.parametrize(("run_s", "min_run_s", "blocks"), [(1e-5, 0.1, 20), (0.03, 0.1, 5), (0.004, 0.1, 25)])
def test_blocks_are_many_and_long_enough(
    run_s: float, min_run_s: float, blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, runs = Clock(), count()
    monkeypatch.setattr(runner, "time", clock)

    def run() -> None:
        clock.now += run_s * (50 if next(runs) == 0 else 1)  # the first is slow

    timed = runner.time_ms(run, min_run_s)
    assert timed["latency_ms"] == pytest.approx(1e3 * run_s)
    assert timed["latency_ms_iqr"] == pytest.approx(0, abs=1e-9)
    assert abs(timed["latency_ms_n"] - blocks) <= 1
    assert min_run_s <= clock.now - 50 * run_s < 2.5 * max(min_run_s, 5 * run_s)


def test_median_and_quartiles_are_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, ticks = Clock(), iter([9.0, 9.0, 9.0, *[1.0, 2.0, 3.0, 4.0, 5.0], *[99.0] * 99])
    monkeypatch.setattr(runner, "time", clock)

    def wait() -> None:
        clock.now += next(ticks)

    timed = runner.time_ms(lambda: None, 12.0, wait)
    assert timed == {"latency_ms": 3000.0, "latency_ms_iqr": 2000.0, "latency_ms_n": 5.0}


@pytest.mark.parametrize("collects", [True, False])
def test_garbage_waits_while_it_runs(collects: bool) -> None:
    seen: set[bool] = set()
    try:
        if not collects:
            gc.disable()
        runner.time_ms(lambda: seen.add(gc.isenabled()), 1e-4)
        assert gc.isenabled() is collects
    finally:
        gc.enable()
    assert seen == {False}
