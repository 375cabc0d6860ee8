"""What whole networks cost, by name: a fitted model, or the sum over a device's layers."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from awnas_gym.errors import UnknownNameError
from awnas_gym.hardware import DEVICES, open_device, own_device_path, own_devices
from awnas_gym.hardware.fitted import FittedCost
from awnas_gym.hardware.network import AbstractNetworkCost, LayerSum
from awnas_gym.hardware.saved import load_model
from awnas_gym.home import home
from awnas_gym.spaces import AbstractSpace


def open_cost(name: str, space: AbstractSpace) -> AbstractNetworkCost:
    """Return what says what the networks of a space cost.

    Args:
        name: one of the user's fitted models (`awnas hardware fit`), a device as of `open_device`, or the path of a
            file that ends in `.json` (a model) or `.csv` (a table of layers).
        space: of the networks.

    Raises:
        UnknownNameError: neither a model nor a device.
        MissingDataError: no such file.
        SettingError: the file is no model, or one of another space; the space has no layers.
        MissingLayerError: the device does not know a layer.
    """
    own = own_models()
    if name.endswith(".json") or name in own:
        return _loaded(own.get(name, Path(name).expanduser()), space)
    if not name.endswith(".csv") and name not in DEVICES and name not in own_devices():
        raise UnknownNameError("device or model", name, [*DEVICES, *own_devices(), *own])
    return LayerSum(space, open_device(name))


def own_model_path(name: str) -> Path:
    """Return where the user's model of that name is, or would be; `SettingError` for what cannot be a name."""
    return own_device_path(name).with_suffix(".json")


def own_models() -> dict[str, Path]:
    """Return the user's fitted models, by name."""
    return {path.stem: path for path in sorted((home() / "hardware").glob("*.json"))}


def _loaded(path: Path, space: AbstractSpace) -> FittedCost:
    """Return a model, the same to all who ask for it as long as the file stays as it is."""
    if not path.is_file():
        return load_model(path, space=space)  # raises
    state = path.stat()
    return _kept(path.resolve(), (state.st_mtime_ns, state.st_size), _Asked(space))


class _Asked:
    """A space that is equal to others of its name and settings."""

    def __init__(self, space: AbstractSpace) -> None:
        self.space = space
        self._key = (space.name, json.dumps(space.settings, sort_keys=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@functools.lru_cache(maxsize=16)
def _kept(path: Path, state: tuple[int, int], asked: _Asked) -> FittedCost:
    del state
    return load_model(path, space=asked.space)
