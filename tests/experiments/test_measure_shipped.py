"""The shipped tables have the layers of what environments play by default."""

from __future__ import annotations

import sys
from pathlib import Path

import gymnasium as gym
import pytest

torch = pytest.importorskip("torch", reason="tables are measured in PyTorch")

import awnas_gym  # noqa: E402, F401 - for its environments
from awnas_gym.hardware import LayerTable, layers_of  # noqa: E402
from awnas_gym.spaces.nasbench201 import NASBench201  # noqa: E402
from experiments import measure_shipped  # noqa: E402

IDS = ["NASBench201-v0", "CNN-ENAS-v0", "CNN-DARTS-v0", "FBNet-v0", "ProxylessNAS-v0"]


@pytest.mark.parametrize("id_", IDS)
def test_the_space_of_an_environment_is_among_them(id_: str) -> None:
    space = gym.make(f"awnas/{id_}").get_wrapper_attr("space")
    known = [(each.name, each.settings) for each in measure_shipped.spaces()]
    assert (space.name, space.settings) in known


def test_a_table_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"channels": 4, "cells": 1, "image_size": 8}
    monkeypatch.setattr(measure_shipped, "SETTINGS", [("nasbench201", small)])
    options = ["--folder", str(tmp_path), "--min-run-s", "1e-4", "--rounds", "2"]
    monkeypatch.setattr(sys, "argv", ["measure_shipped.py", "cpu-1t", *options])
    measure_shipped.main()
    table = LayerTable.read(tmp_path / "cpu-1t.csv")
    assert set(table.rows) == set(layers_of(NASBench201(**small)))
    assert (table.card["threads"], table.card["rounds"]) == (1, 2)
    monkeypatch.setattr(sys, "argv", ["measure_shipped.py", "cpu-3t"])
    with pytest.raises(SystemExit):
        measure_shipped.main()
