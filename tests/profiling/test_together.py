"""Layers in each other's company."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.profiling import together
from tests.profiling.test_runner import Clock


def test_each_pass_runs_all_in_its_own_order(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, ran = Clock(), list[int]()
    monkeypatch.setattr(together, "time", clock)

    def run(i: int, run_s: float) -> None:
        slow = ran.count(i) in {0, 1, 7}  # the warm-up, and another program
        ran.append(i)
        clock.now += run_s * (50 if slow else 1)

    costs_s = [1e-3, 2e-3, 4e-3]
    runs = [lambda i=i, run_s=run_s: run(i, run_s) for i, run_s in enumerate(costs_s)]
    timed = together.time_together_ms(runs, 0.7, np.random.default_rng(0))
    assert [each["latency_ms"] for each in timed] == pytest.approx([1.0, 2.0, 4.0])
    assert [each["latency_ms_iqr"] for each in timed] == pytest.approx([0.0, 0.0, 0.0])
    passes = int(timed[0]["latency_ms_n"])
    assert 51 <= passes <= 52
    orders = {tuple(ran[6 + 3 * i : 9 + 3 * i]) for i in range(passes)}
    assert len(ran) == 6 + 3 * passes
    assert all(sorted(order) == [0, 1, 2] for order in orders)
    assert len(orders) == 6


def test_slow_layers_get_some_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(together, "time", clock)

    def run() -> None:
        clock.now += 1.0

    (timed,) = together.time_together_ms([run], 0.1, np.random.default_rng(0))
    assert timed == {"latency_ms": 1000.0, "latency_ms_iqr": 0.0, "latency_ms_n": 20.0}
