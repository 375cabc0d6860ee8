"""The accelerator by hand."""

from __future__ import annotations

import pytest

from awnas_gym.hardware import open_device
from awnas_gym.spaces.layers import LayerSpec


def test_a_convolution() -> None:
    conv = LayerSpec("conv", 8, 16, 10, 10, kernel=3, bias=True)
    costs = open_device("eyeriss").costs([conv])
    macs, moved = 8 * 16 * 9 * 100, 8 * 100 + (8 * 16 * 9 + 16) + 16 * 100
    assert costs["energy_mj"][0] == pytest.approx((macs * 5 + moved * 208) * 1.5e-9)
    assert costs["latency_ms"][0] == pytest.approx(macs / 168 / 200e6 * 1e3)


def test_what_does_not_multiply_still_takes_time_and_energy() -> None:
    costs = open_device("eyeriss").costs([LayerSpec("relu", 8, 8, 10, 10), LayerSpec("global_pool", 8, 8, 10, 10)])
    assert costs["latency_ms"].tolist() == pytest.approx([1600 / 168 / 2e5, 808 / 168 / 2e5])
    assert costs["energy_mj"].tolist() == pytest.approx([1600 * 208 * 1.5e-9, 808 * 208 * 1.5e-9])
