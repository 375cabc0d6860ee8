"""The examples with other libraries run, cut short."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from awnas_gym.envs.history import read_records

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("name", "needs", "says"), [
    ("pymoo_front.py", "pymoo", "of the exact hypervolume"),
    ("optuna_samplers.py", "optuna", "different cells"),
    ("minari_cloning.py", "minari", "on average"),
])  # fmt: skip
def test_example(name: str, needs: str, says: str) -> None:
    pytest.importorskip(needs)
    command = [sys.executable, str(ROOT / "examples" / name), "--evaluations", "40"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert all(says in line for line in done.stdout.splitlines())
    assert "40 evaluations" in done.stdout or "after" in done.stdout


def test_rllib(tmp_path: Path) -> None:
    pytest.importorskip("ray.rllib", reason="docs/interop.md: RLlib in an environment of its own", exc_type=ImportError)
    command = [sys.executable, str(ROOT / "examples" / "rllib_ppo.py"), "--evaluations", "20", "--out", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("20 evaluations, best 0.")
    records = read_records(tmp_path / "history.jsonl")
    assert len(records) == 20
    assert not any(record["invalid"] for record in records)
