"""Fitted models in files: the measurements, the settings, and what would take long to learn again.

A file is JSON: `card`, `space` and `model` (name and settings), `device` (name and version, or null), `metric`, `seed`,
`genotypes` and `values`, and arrays that were `learned` (type, shape, base64). Nothing in it is executed.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import check_keys, check_settings
from awnas_gym.errors import MissingDataError, SettingError, UnknownNameError
from awnas_gym.files import write_atomically
from awnas_gym.hardware import open_device
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.fitted import FittedCost
from awnas_gym.hardware.models import COST_MODELS, AbstractCostModel, make_model
from awnas_gym.hardware.models.shared import SameSpace
from awnas_gym.metrics import metric_info
from awnas_gym.spaces import SPACES, AbstractSpace

FORMAT = 1
"""Of the file; others are refused."""

_TYPES = ("float32", "float64", "int64")
_NAMED: dict[str, type] = {"name": str, "settings": dict}
_KEYS: dict[str, type | tuple[type, ...]] = {
    "format": int,
    "card": dict,
    "space": dict,
    "model": dict,
    "device": (dict, type(None)),
    "metric": str,
    "seed": int,
    "genotypes": list,
    "values": list,
    "learned": dict,
}


def save_model(
    path: Path,
    model: AbstractCostModel,
    measured: tuple[ArrayLike, ArrayLike],
    *,
    name: str,
    card: Mapping[str, Any],
    device: str | None = None,
) -> None:
    """Write a fitted model, whole or not at all.

    Args:
        path: of the file, `.json`.
        model: that was fitted.
        measured: to which architectures, int `[n, decisions]`, and their values, `[n]`.
        name: of the model, a row of `COST_MODELS`.
        card: what a reader must know, e.g. errors that cross-validation found.
        device: what `open_device` was asked for, if the model has a device.

    Raises:
        SettingError: the model is not of that name, or it has a device and that has no name.
    """
    if COST_MODELS.load(name) is not type(model):
        raise SettingError(f"{type(model).__name__} is not the model {name!r}")
    if (device is None) != (model.device is None):
        raise SettingError(f"{path}: a model with a device is saved with the device's name; got {device!r}")
    archs, values = measured
    content = {
        "format": FORMAT,
        "card": dict(card),
        "space": {"name": model.space.name, "settings": model.space.settings},
        "model": {"name": name, "settings": model.settings},
        "device": None if model.device is None else {"name": device, "version": model.device.version},
        "metric": model.metric,
        "seed": model.seed,
        "genotypes": [model.space.genotype(row) for row in model.space.check(archs)],
        "values": np.asarray(values, dtype=np.float64).tolist(),
        "learned": {key: _packed(array) for key, array in model.learned.items()},
    }
    write_atomically(path, json.dumps(content, allow_nan=False) + "\n")


def load_model(path: Path, *, space: AbstractSpace | None = None) -> FittedCost:
    """Return what a saved model says.

    Args:
        path: of the file.
        space: whose networks are meant; None for the file's.

    Raises:
        MissingDataError: no such file.
        SettingError: it holds no model, or one of another space, or its device has changed since.
    """
    content = read_model(path)
    try:
        return _model(content, space, version=content["version"])
    except (OSError, ValueError, RecursionError) as error:
        raise SettingError(f"{path}: {error}") from error


def read_model(path: Path) -> dict[str, Any]:
    """Return what a file of a model says, checked but for what its model makes of it, and `version`, its checksum.

    Raises:
        MissingDataError: no such file.
        SettingError: it holds no model.
    """
    if not path.is_file():
        raise MissingDataError(f"no model at {path}")
    try:
        raw = path.read_bytes()
        content = json.loads(raw)
    except (OSError, ValueError, RecursionError) as error:
        raise SettingError(f"{path} is no model: {error}") from error
    content = check_keys(content, where=str(path), required=_KEYS)
    if content["format"] != FORMAT:
        raise SettingError(f"{path}: its format is {content['format']}; this package reads {FORMAT}")
    for key in ("space", "model"):
        check_keys(content[key], where=f"{path}: {key}", required=_NAMED)
    return {**content, "version": hashlib.sha256(raw).hexdigest()[:16]}


def open_model(path: Path, space: AbstractSpace) -> FittedCost:
    """Return what a saved model says, the same object to all who ask as long as the file stays as it is.

    Args:
        path: of the file.
        space: whose networks are meant.

    Raises:
        MissingDataError: as of `load_model`.
        SettingError: likewise.
    """
    if not path.is_file():
        return load_model(path, space=space)  # raises
    state = path.stat()
    return _kept(path.resolve(), (state.st_mtime_ns, state.st_size), SameSpace(space))


@functools.lru_cache(maxsize=16)
def _kept(path: Path, state: tuple[int, int], asked: SameSpace) -> FittedCost:
    del state
    return load_model(path, space=asked.space)


def _model(content: Mapping[str, Any], space: AbstractSpace | None, *, version: str) -> FittedCost:
    about, named = content["space"], content["model"]
    if space is None:
        kind = SPACES.load(about["name"])
        check_settings(kind, about["settings"], where=f"space {about['name']}")
        space = kind(**about["settings"])
    elif (about["name"], about["settings"]) != (space.name, json.loads(json.dumps(space.settings))):
        raise SettingError(
            f"the model is of {about['name']} with {about['settings']}; wanted is {space.name} with {space.settings}"
        )
    metric_info(content["metric"])
    model = make_model(
        named["name"],
        space,
        metric=content["metric"],
        device=_device(content["device"]),
        seed=content["seed"],
        settings=named["settings"],
    )
    archs = np.array([space.parse(str(text)) for text in content["genotypes"]])
    learned = {str(key): _unpacked(array) for key, array in content["learned"].items()}
    model.restore(archs, np.array(content["values"], dtype=np.float64), learned)
    return FittedCost(model, archs, card=content["card"], version=version)


def _device(about: Mapping[str, Any] | None) -> AbstractDevice | None:
    if about is None:
        return None
    known = check_keys(about, where="device", required={"name": str, "version": str})
    device = open_device(known["name"])
    if device.version != known["version"]:
        raise SettingError(
            f"the device {known['name']} has other numbers now than when the model was fitted; fit it again"
        )
    return device


def _packed(array: NDArray[Any]) -> dict[str, Any]:
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return {
        "type": array.dtype.name,
        "shape": list(array.shape),
        "base64": base64.b64encode(little.tobytes()).decode(),
    }


def _unpacked(about: object) -> NDArray[Any]:
    packed = check_keys(about, where="learned", required={"type": str, "shape": list, "base64": str})
    if packed["type"] not in _TYPES:
        raise UnknownNameError("type", packed["type"], _TYPES)
    flat = np.frombuffer(
        base64.b64decode(packed["base64"], validate=True), dtype=f"<{np.dtype(packed['type']).str[1:]}"
    )
    return flat.reshape(packed["shape"]).astype(packed["type"])
