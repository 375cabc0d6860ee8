"""The example of constrained PPO, cut short."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awnas_gym.sweep import read_sweep

pytest.importorskip("stable_baselines3", reason="needs the extra [sb3]")


def test_cut_short_it_searches() -> None:
    from awnas_gym.search import run

    sweep = read_sweep(Path(__file__).resolve().parents[2] / "examples" / "constrained_ppo.yaml")
    (config,) = replace(sweep, budget={"evaluations": 30}).runs().values()
    outcome = run(config)
    assert len(outcome.records) == 30
    assert outcome.summary["policy_updates"] == 3
    assert outcome.summary["incumbent"]["report"]["latency_ms"] <= 0.2
