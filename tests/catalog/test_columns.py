"""The keyword `columns`: metrics of further tables beside those of an environment's own."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.errors import MissingMetricError, SettingError, UnknownNameError
from awnas_gym.ingest import add_table
from awnas_gym.spaces.nasbench201 import NASBench201
from awnas_gym.spaces.nats_size import NATSSize

SPACE = NASBench201()
ARCHS = SPACE.unindex(np.arange(0, 15_625, 25))
LATENCIES = np.linspace(1, 9, len(ARCHS))


@pytest.fixture(autouse=True)
def _tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    add_table({"archs": ARCHS, "valid_accuracy": LATENCIES / 10}, name="scores", space=SPACE)
    add_table({"archs": ARCHS, "phone_latency_ms": LATENCIES[::-1].copy()}, name="phone", space=SPACE)
    add_table({"archs": ARCHS[:5], "fpga_energy_mj": LATENCIES[:5]}, name="fpga", space=SPACE)
    widths = NATSSize().unindex(np.arange(5))
    add_table({"archs": widths, "phone_latency_ms": LATENCIES[:5]}, name="widths", space=NATSSize())


def test_rewards_may_be_of_a_further_table() -> None:
    env = gym.make(
        "awnas/NASBench201-v0",
        dataset="scores",
        columns="phone, fpga",
        objective="phone_latency_ms",
        action_mode="joint",
    )
    env.reset(seed=0)
    _, reward, *_, info = env.step(ARCHS[3])
    assert reward == -LATENCIES[::-1][3]
    assert info["metrics"] == {
        "valid_accuracy": LATENCIES[3] / 10,
        "phone_latency_ms": LATENCIES[::-1][3],
        "fpga_energy_mj": LATENCIES[3],
    }


def test_the_front_is_of_both() -> None:
    env = gym.make(
        "awnas/Table-MO-v0", table="scores", columns="phone", objectives="valid_accuracy,phone_latency_ms"
    ).unwrapped
    assert len(env.pareto_set()) == 1  # the last cell is the best by both
    assert env.ideal.tolist() == [0.9, -1.0]


def test_many_at_once() -> None:
    envs = gym.make_vec("awnas/NASBench201-v0", num_envs=2, dataset="scores", columns="phone", action_mode="joint")
    envs.reset(seed=0)
    *_, infos = envs.step(ARCHS[[3, 4]])
    assert infos["final_info"]["metrics"]["phone_latency_ms"].tolist() == LATENCIES[::-1][3:5].tolist()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"No table named 'fone'\. Did you mean 'phone'"):
        gym.make("awnas/NASBench201-v0", dataset="scores", columns="fone")
    with pytest.raises(SettingError, match="widths is of other networks than scores: name 'nats_size'"):
        gym.make("awnas/NASBench201-v0", dataset="scores", columns="widths")
    with pytest.raises(SettingError, match="phone_latency_ms is in phone and in phone"):
        gym.make("awnas/NASBench201-v0", dataset="scores", columns="phone,phone")
    with pytest.raises(SettingError, match="columns is 5"):
        gym.make("awnas/NASBench201-v0", dataset="scores", columns=5)
    with pytest.raises(MissingMetricError, match="Metric needs fpga_energy_mj"):
        gym.make("awnas/NASBench201-v0", dataset="scores", columns="phone", objective="fpga_energy_mj")
