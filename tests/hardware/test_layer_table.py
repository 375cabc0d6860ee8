"""Tables of layers: written, read, refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import AwnasError, MissingDataError, MissingLayerError, SettingError, UnknownNameError
from awnas_gym.hardware import DEVICES, LayerTable, open_device, own_device_path
from awnas_gym.hardware.layer_table import describe
from awnas_gym.spaces.layers import LayerSpec

CONV = LayerSpec("conv", 3, 16, 32, 32, kernel=3, stride=2, bias=True)
RELU = LayerSpec("relu", 16, 16, 16, 16)
ASYMMETRIC = LayerSpec("conv", 4, 4, 8, 8, kernel=3, along="height", dilation=2, groups=4)


def table() -> LayerTable:
    """Return a table of three layers."""
    rows = {
        layer: {"latency_ms": 0.1 * n, "latency_ms_iqr": 0.01, "latency_ms_n": 100.0}
        for n, layer in enumerate((CONV, RELU, ASYMMETRIC), 1)
    }
    return LayerTable("mine", rows, {"device": "a machine", "batch_size": 1})


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    table().write(tmp_path / "mine.csv")
    read = open_device(str(tmp_path / "mine.csv"))
    assert isinstance(read, LayerTable)
    assert read.rows == table().rows
    assert read.card == table().card
    assert read.version == table().version
    assert (read.name, read.yields) == ("mine", {"latency_ms"})
    (tmp_path / "saved.csv").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "mine.csv").read_bytes())  # by a spreadsheet
    assert open_device(str(tmp_path / "saved.csv")).version == table().version


def test_costs_are_in_the_order_of_the_layers() -> None:
    assert table().costs([RELU, CONV, RELU])["latency_ms"].tolist() == [0.2, 0.1, 0.2]
    assert table().costs([])["latency_ms"].shape == (0,)


def test_a_missing_layer_is_an_error_that_names_its_nearest() -> None:
    with pytest.raises(MissingLayerError) as error:
        table().costs([RELU, LayerSpec("conv", 3, 17, 32, 32, kernel=3, stride=2, bias=True)])
    assert "conv 3->17, 32x32, kernel 3, stride 2, bias was not measured on mine" in str(error.value)
    assert f"the nearest that was is {describe(CONV)}" in str(error.value)
    with pytest.raises(MissingLayerError, match=r"sigmoid 1->1, 1x1 was not measured on mine\. 1 such"):
        table().costs([LayerSpec("sigmoid", 1, 1, 1, 1)])


HEAD = "kind,c_in,c_out,height,width"


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ("", SettingError, "a table of layers has a metric as a column"),
        (f"{HEAD}\nconv,1,1,1,1\n", SettingError, "has a metric as a column"),
        (f"{HEAD},latency_ms\nconv,1,1,1,1\n", SettingError, "line 2: it has more or fewer entries"),
        (f"{HEAD},latency_ms\nconv,1,1,1,1,1,1\n", SettingError, "line 2: it has more or fewer entries"),
        (f"# {{}}\n{HEAD},latency_ms\ncomv,1,1,1,1,1\n", SettingError, "line 3: No kind named 'comv'"),
        (f"{HEAD},latency_ms\nconv,0,1,1,1,1\n", SettingError, "c_in is '0'; a whole number from 1"),
        (f"{HEAD},latency_ms\nconv,1.5,1,1,1,1\n", SettingError, "c_in is '1.5'"),
        (f"{HEAD},bias,latency_ms\nconv,1,1,1,1,yes,1\n", SettingError, "bias is 'yes'; legal: True, False"),
        (f"{HEAD},latency\nconv,1,1,1,1,1\n", SettingError, "No column named 'latency'. Did you mean 'latency_ms'"),
        (f"{HEAD},latency_ms\nconv,1,1,1,1,fast\n", SettingError, "latency_ms is 'fast'; a number"),
        (f"{HEAD},latency_ms\nconv,1,1,1,1,-1\n", SettingError, "latency_ms is -1.0; costs are numbers from 0"),
        (f"{HEAD},latency_ms\nconv,1,1,1,1,nan\n", SettingError, "latency_ms is nan"),
        (f"{HEAD},latency_ms\nrelu,1,1,1,1,1\nrelu,1,1,1,1,2\n", SettingError, "line 3: relu 1->1, 1x1 is there"),
        ("kind,c_in,latency_ms\nconv,1,1\n", SettingError, "the columns c_out, height, width are missing"),
        ("# [1]\nkind\n", SettingError, "the first line is a card"),
        ("# {\nkind\n", SettingError, "is no table of layers"),
    ],
)  # fmt: skip
def test_wrong_files_are_refused_by_line(text: str, error: type[AwnasError], reason: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(error, match=reason) as raised:
        open_device(str(path))
    assert "mine.csv" in str(raised.value)


def test_devices_are_found_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path))
    with pytest.raises(UnknownNameError, match="No device named 'mine'"):
        open_device("mine")
    table().write(own_device_path("mine"))
    assert open_device("mine").version == table().version
    with pytest.raises(SettingError, match="names no device"):
        own_device_path("../mine")
    with pytest.raises(MissingDataError, match="no table of layers at"):
        open_device("elsewhere.csv")


@pytest.mark.parametrize("name", DEVICES)
def test_every_device_says_what_layers_cost(name: str) -> None:
    device: Any = open_device(name)
    layers = list(device.rows) if isinstance(device, LayerTable) else [CONV, RELU, ASYMMETRIC]
    costs = device.costs(layers)
    assert set(costs) == device.yields
    for values in costs.values():
        assert values.shape == (len(layers),)
        assert np.isfinite(values).all()
        assert (values > 0).all()
    assert device.name == name
    assert device.card["device"]
    assert device.version


def test_names_of_devices_that_are_there_are_refused() -> None:
    for name in ("eyeriss", "hw-nas-bench"):
        with pytest.raises(SettingError, match=f"{name} is a device already"):
            own_device_path(name)


def test_what_makes_no_difference_is_not_told_apart(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(f"{HEAD},affine,latency_ms\nbatch_norm,4,4,8,8,False,1\n")
    norm = LayerSpec("batch_norm", 4, 4, 8, 8)
    assert open_device(str(tmp_path / "mine.csv")).costs([norm])["latency_ms"].tolist() == [1.0]
