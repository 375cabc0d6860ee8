"""The page about cost models shows what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("scipy", reason="the extra ranking")

from experiments.science.devices import hardware, tables

ROOT = Path(__file__).resolve().parents[2]
RESULT = json.loads((ROOT / "experiments/science/results/devices.json").read_text())


def test_the_page_shows_the_committed_result() -> None:
    page = (ROOT / "docs" / "cost_models.md").read_text(encoding="utf-8")
    for table in tables(RESULT):
        assert table in page


def test_the_default_is_close_to_the_best_and_few_networks_do() -> None:
    """What issue 7 asks for."""
    assert RESULT["auto"]["mean"] >= max(each["mean"] for each in RESULT["models"].values()) - 0.005
    taus = RESULT["few_shot"]["taus"]
    for among in ("same hardware", "other hardware"):
        for how in ("random", "chosen"):
            few = taus[f"from devices, {among}, 20 {how}"]["mean"]
            assert few >= 0.865
            assert few > taus[f"line, 20 {how}"]["mean"]


def test_batch_sizes_are_the_same_hardware() -> None:
    names = ("1080ti_1", "1080ti_256", "titanx_32", "gold_6226", "silver_4114", "essential_ph_1", "pixel2")
    assert [hardware(name) for name in names] == ["1080ti", "1080ti", "titanx", *names[3:]]
