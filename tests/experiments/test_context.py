"""The page about contexts shows what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("stable_baselines3", reason="needs the extra [sb3]")

from experiments.science.context import interval, needed, tables

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_shows_the_committed_result() -> None:
    result = json.loads((ROOT / "experiments/science/results/context.json").read_text())
    page = (ROOT / "docs" / "context.md").read_text(encoding="utf-8")
    for table in tables(result):
        assert table in page


def test_the_numbers() -> None:
    regrets = np.array([[[3.0, 1.0, 0.5], [1.0, 1.0, 0.0]]] * 2)  # two seeds, two contexts, three evaluations
    assert [needed(regrets, target) for target in (2.0, 1.5, 0.3, 0.2)] == [1, 2, 3, None]
    mean, low, high = interval(regrets[:, :, 0])
    assert (mean, low, high) == (2.0, 1.0, 3.0)
