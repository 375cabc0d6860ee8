"""What networks cost on hardware: devices, tables of layers, sums and models of whole networks.

To add a device: a file of a layer table, or a subclass of `AbstractDevice`, and a row here. To add a model of
whole networks: `models`.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.deployment import deployed
from awnas_gym.hardware.enumeration import layers_of
from awnas_gym.hardware.layer_table import LayerTable
from awnas_gym.hardware.models import COST_MODELS
from awnas_gym.hardware.network import AbstractNetworkCost, LayerSum
from awnas_gym.home import home
from awnas_gym.spaces import AbstractSpace
from awnas_gym.tables import Row, Table

__all__ = [
    "COST_MODELS",
    "DEVICES",
    "HW_NAS_BENCH",
    "AbstractDevice",
    "AbstractNetworkCost",
    "LayerSum",
    "LayerTable",
    "deployed",
    "layers_of",
    "open_cost",
    "open_device",
    "own_device_path",
    "own_devices",
    "own_model_path",
    "own_models",
]

FOLDER = Path(__file__).parent / "tables"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

DEVICES = Table(
    "device",
    {
        "cpu-1t": Row("cpu-1t.csv", "layers on one core of a Xeon, PyTorch: latency, measured"),
        "cpu-2t": Row("cpu-2t.csv", "the same on two cores"),
        "cpu-1t-onnxruntime": Row(
            "cpu-1t-onnxruntime.csv", "layers on one core of a Xeon, ONNX Runtime: latency, measured"
        ),
        "cpu-2t-onnxruntime": Row("cpu-2t-onnxruntime.csv", "the same on two cores"),
        "roofline-v100": Row("awnas_gym.hardware.roofline:shipped_roofline", "a GPU by its peaks: latency [roofline]"),
        "roofline-raspi4": Row(
            "awnas_gym.hardware.roofline:shipped_roofline", "a Raspberry Pi 4 by its peaks: latency [roofline]"
        ),
        "eyeriss": Row("awnas_gym.hardware.eyeriss:Eyeriss", "an accelerator: energy and latency by memory level"),
    },
)
"""A row's target is a file in `tables/`, or a function `name -> AbstractDevice`."""


HW_NAS_BENCH = "hw-nas-bench"
"""Name of what a benchmark measured of the blocks of one space, which environments take for a device."""


def open_cost(name: str, space: AbstractSpace) -> AbstractNetworkCost:
    """Return what says what the networks of a space cost.

    Args:
        name: one of the user's fitted models (`awnas hardware fit`) or the path of one, which ends in `.json`; or what
            `open_device` takes: then it is the sum of the layers.
        space: of the networks.

    Raises:
        UnknownNameError: neither a model nor a device.
        MissingDataError: no such file.
        SettingError: the file is no model, or one of another space; the space does not know its layers.
        MissingLayerError: the device does not know a layer.
    """
    from awnas_gym.hardware.saved import open_model  # noqa: PLC0415 - models ask for devices

    own = own_models()
    if name.endswith(".json") or name in own:
        return open_model(own.get(name, Path(name).expanduser()), space)
    if not name.endswith(".csv") and name not in DEVICES and name not in own_devices():
        raise UnknownNameError("device or model", name, [*DEVICES, *own_devices(), *own])
    return LayerSum(space, open_device(name))


def open_device(name: str) -> AbstractDevice:
    """Return a device.

    Args:
        name: a row of `DEVICES`, one of the user's own (`awnas hardware list`), or the path of a file that ends in
            `.csv`.

    Raises:
        UnknownNameError: no such device.
        MissingDataError: no such file.
        SettingError: the file is no table of layers.
    """
    if name.endswith(".csv"):
        return LayerTable.read(Path(name).expanduser())
    if name in DEVICES:
        row = DEVICES[name]
        if row.target.endswith(".csv"):
            return _shipped(row.target, name)
        device: AbstractDevice = row.load()(name)
        return device
    own = own_devices()
    if name in own:
        return LayerTable.read(own[name])
    raise UnknownNameError("device", name, [*DEVICES, *own])


@functools.cache
def _shipped(file: str, name: str) -> LayerTable:
    """Return a table of the package, read once a process: many environments ask for it."""
    return LayerTable.read(FOLDER / file, name=name)


def own_device_path(name: str) -> Path:
    """Return where the user's device of that name is, or would be; `SettingError` for what cannot be a name."""
    if not _NAME.fullmatch(name):
        raise SettingError(f"{name!r} names no device; letters, digits, - and _ are legal, 64 at most")
    if name in {*DEVICES, HW_NAS_BENCH}:
        raise SettingError(f"{name} is a device already; choose another name")
    return home() / "hardware" / f"{name}.csv"


def own_devices() -> dict[str, Path]:
    """Return the user's tables of layers, by name."""
    return {path.stem: path for path in sorted((home() / "hardware").glob("*.csv"))}


def own_model_path(name: str) -> Path:
    """Return where the user's model of that name is, or would be; `SettingError` for what cannot be a name."""
    return own_device_path(name).with_suffix(".json")


def own_models() -> dict[str, Path]:
    """Return the user's fitted models, by name."""
    return {path.stem: path for path in sorted((home() / "hardware").glob("*.json"))}
