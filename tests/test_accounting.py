"""What runs are said to have used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from awnas_gym.accounting import PeakMemory, account, learned
from awnas_gym.clock import SimulatedClock
from awnas_gym.search import Run, run

ROOT = Path(__file__).resolve().parents[1]
PEAKS = """
from awnas_gym.accounting import PeakMemory
outer = PeakMemory()
first = outer.mib
block = bytearray(2**25)  # 32 MiB
block[:] = b"x" * 2**25
second = outer.mib
del block
print(first, second, PeakMemory().mib)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process count its peak anew")
def test_each_peak_of_memory_is_its_own() -> None:
    # in a process of its own: one that holds freed memory need not grow
    done = subprocess.run([sys.executable, "-c", PEAKS], capture_output=True, text=True, cwd=ROOT, check=True)
    before, with_block, after = map(float, done.stdout.split())
    assert with_block > before + 24
    assert after < before + 16


def test_counts(tiny: str) -> None:
    environment = {"id": "awnas/NASBench201-v0", "dataset": tiny}
    outcome = run(Run(environment=environment, agent={"name": "local_search"}, budget={"evaluations": 60}))
    summary, records = outcome.summary, outcome.records
    assert summary["duplicates"] == sum(record["duplicate"] for record in records) == 60 - summary["unique"]
    assert summary["simulated_s"] == pytest.approx(summary["cost_s"]) == sum(record["cost_s"] for record in records)
    assert 0 < summary["agent_s"] < summary["wall_s"]
    assert summary["policy_updates"] is None


def test_what_an_agent_has_learned() -> None:
    assert learned(SimpleNamespace(evaluations=3, policy_updates=1)) == 3
    assert learned(SimpleNamespace(policy_updates=1)) == 1
    silent = SimpleNamespace(policy_updates=None)
    assert learned(silent) != learned(silent)


@pytest.mark.parametrize("costs", [(2.0, 1.0), (2.0, None), (None, 1.0)])
def test_seconds_are_known_where_all_of_them_are(costs: tuple[float | None, ...]) -> None:
    records = [{"arch_key": "a", "duplicate": False, "invalid": False, "cost_s": cost} for cost in costs]
    history: Any = SimpleNamespace(records=records, cost_s=3.0, clock=SimulatedClock(), evaluation_wall_s=0.0)
    used = account(history, None, wall_s=1.0, memory=PeakMemory())
    assert used["cost_s"] == (None if None in costs else 3.0)
