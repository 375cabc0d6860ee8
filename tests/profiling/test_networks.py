"""Whole networks, in rounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awnas_gym.errors import SettingError
from awnas_gym.hardware.measurements import Measurements
from awnas_gym.profiling.networks import profile_networks
from awnas_gym.spaces.layers import total_macs
from awnas_gym.spaces.nasbench201 import NASBench201
from tests.profiling.fake_runtime import FakeRuntime, unwatched

SPACE = NASBench201(channels=4, cells=1, image_size=8)
ARCHS = SPACE.unindex([5, 900, 15624, 31])


def test_each_round_measures_each_network_in_its_own_order(tmp_path: Path) -> None:
    path, runtime = tmp_path / "networks.csv", FakeRuntime()
    runtime.of_networks = {"how": "otherwise than layers"}
    found = profile_networks(SPACE, ARCHS, runtime, path, rounds=3, watch=unwatched)
    macs_k = np.array([total_macs(SPACE.layers(arch)) / 1e3 for arch in ARCHS])
    assert np.array_equal(found.rounds["latency_ms"], macs_k[:, None] + [1, 2, 3])
    assert np.array_equal(found.values["latency_ms"], macs_k + 1)
    names = [SPACE.genotype(arch) for arch in ARCHS]
    orders = [tuple(names.index(each) for each in runtime.done[i : i + 4]) for i in (0, 4, 8)]
    assert len(set(orders)) > 1
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
    again = Measurements.read(path)
    assert np.array_equal(again.rounds["latency_ms"], found.rounds["latency_ms"])
    assert (again.card["device"], again.card["rounds"], again.card["how"]) == ("fake", 3, "otherwise than layers")
    assert [each.name for each in tmp_path.iterdir()] == ["networks.csv"]
    with pytest.raises(SettingError, match=r"networks\.csv is there"):
        profile_networks(SPACE, ARCHS, runtime, path, rounds=3, watch=unwatched)


def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "networks.csv"
    with pytest.raises(KeyboardInterrupt):
        profile_networks(SPACE, ARCHS, FakeRuntime(stop=6), path, rounds=2, watch=unwatched)
    other = NASBench201(channels=8, cells=1, image_size=8)
    with pytest.raises(SettingError, match="it was measured otherwise: space was"):
        profile_networks(other, ARCHS, FakeRuntime(), path, rounds=2, watch=unwatched)
    runtime = FakeRuntime()
    profile_networks(SPACE, ARCHS, runtime, path, rounds=2, watch=unwatched)
    assert len(runtime.done) == 2
    assert (Measurements.read(path).values["latency_ms"] > 0).all()
