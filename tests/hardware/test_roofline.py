"""The roofline by hand."""

from __future__ import annotations

import pytest

from awnas_gym.errors import SettingError
from awnas_gym.hardware import open_device
from awnas_gym.hardware.roofline import PEAKS, Peaks, Roofline
from awnas_gym.spaces.layers import LayerSpec

PLAIN = Peaks("plain", gflops=2.0, gb_per_s=4.0, overhead_us=10.0, source="made up")


def latency_ms(layer: LayerSpec, **settings: int) -> float:
    return float(Roofline("plain", PLAIN, **settings).costs([layer])["latency_ms"][0])


def test_a_convolution_waits_for_its_multiplications() -> None:
    conv = LayerSpec("conv", 16, 16, 32, 32, kernel=3, bias=True)
    macs = 16 * 16 * 9 * 32 * 32
    assert latency_ms(conv) == pytest.approx(0.01 + 2 * macs / 2e9 * 1e3)
    assert latency_ms(conv, batch_size=8) == pytest.approx(0.01 + 8 * 2 * macs / 2e9 * 1e3)


def test_a_sum_waits_for_memory() -> None:
    add = LayerSpec("add", 16, 16, 8, 8)
    assert latency_ms(add) == pytest.approx(0.01 + 3 * 16 * 64 * 4 / 4e9 * 1e3)
    assert latency_ms(add, bytes_a_number=1) == pytest.approx(0.01 + 3 * 16 * 64 / 4e9 * 1e3)


def test_weights_are_read_once_a_batch() -> None:
    linear = LayerSpec("linear", 1000, 1, 1, 1, bias=True)
    one, ten = latency_ms(linear), latency_ms(linear, batch_size=10)
    assert one == pytest.approx(0.01 + (1000 + 1001 + 1) * 4 / 4e9 * 1e3)
    assert ten == pytest.approx(0.01 + (10 * 1000 + 1001 + 10) * 4 / 4e9 * 1e3)


@pytest.mark.parametrize("name", PEAKS)
def test_shipped_ones_are_devices(name: str) -> None:
    device = open_device(name)
    assert device.name == name
    assert device.card["source"]
    assert device.yields == {"latency_ms"}


def test_wrong_numbers_are_refused() -> None:
    with pytest.raises(SettingError, match="gflops is a number above 0; got 0"):
        Roofline("x", Peaks("x", 0, 1, 1, ""))
    with pytest.raises(SettingError, match="overhead_us is a number from 0; got -1"):
        Roofline("x", Peaks("x", 1, 1, -1, ""))
    with pytest.raises(SettingError, match="batch_size is a number above 0; got 0"):
        Roofline("x", PLAIN, batch_size=0)
