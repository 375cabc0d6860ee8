"""Checkpoints: tensors as safetensors and everything else as JSON, in a folder; nothing is unpickled."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from awnas_gym.errors import CheckpointError
from awnas_gym.files import numbered, write_atomically

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

TENSORS, STATE = "tensors.safetensors", "state.json"


def save_checkpoint(folder: Path, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
    """Write a checkpoint; a reader finds the old one or the whole new one.

    The state names the digest of the tensors' bytes, so that two halves of different checkpoints are told apart.

    Args:
        folder: of its own.
        tensors: by name.
        state: values of JSON.

    Raises:
        RunFolderError: it cannot be written.
    """
    packed = safetensors.torch.save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    path = folder / f"{_digest(packed)}.{TENSORS}"
    write_atomically(path, packed)
    write_atomically(folder / STATE, json.dumps({"tensors": path.name, "state": dict(state)}, allow_nan=False))
    for other in folder.glob(f"*.{TENSORS}"):
        if other != path:
            other.unlink(missing_ok=True)


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return tensors (on the CPU) and state of a checkpoint.

    Raises:
        CheckpointError: there is none, or it is truncated or altered.
    """
    path = folder / STATE
    try:
        content = json.loads(path.read_bytes())
        name, state = content["tensors"], content["state"]
        if Path(name).name != name or not isinstance(state, dict):
            raise TypeError("no file name, or no mapping")
        packed = (folder / name).read_bytes()
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise CheckpointError(f"{path} is no checkpoint: {error}") from error
    if not name.startswith(_digest(packed)):
        raise CheckpointError(f"{folder / name} is truncated or altered")
    try:
        return safetensors.torch.load(packed), state
    except SafetensorError as error:
        raise CheckpointError(f"{folder / name} is no file of tensors: {error}") from error


def check_described(state: Mapping[str, Any], described: Mapping[str, Any], *, where: str) -> None:
    """Raise `CheckpointError` where a checkpoint says something else of what it is of."""
    for name, value in described.items():
        if state.get(name) != value:
            raise CheckpointError(f"{where} is of another training: {name} {state.get(name)!r}, here {value!r}")


def load_last(folder: Path, load: Callable[[Path], T]) -> T:
    """Return what `load` makes of the last numbered checkpoint in a folder that it can read.

    Raises:
        CheckpointError: there is none; it says what is wrong with the last one.
    """
    errors = []
    for path in reversed(numbered(folder)):
        try:
            return load(path)
        except CheckpointError as error:
            _LOG.warning("%s", error)
            errors.append(error)
    raise CheckpointError(f"{folder} holds no checkpoint that can be read: {errors[0] if errors else 'it is empty'}")


def _digest(packed: bytes) -> str:
    return hashlib.sha256(packed).hexdigest()[:16]


def load_tensors(target: Mapping[str, Tensor], found: Mapping[str, Tensor], *, where: str) -> None:
    """Copy tensors into those of the same name, after a look at all names and shapes.

    Raises:
        CheckpointError: names or shapes differ; nothing was copied.
    """
    for name, tensor in target.items():
        if name not in found:
            raise CheckpointError(f"{where} is of another network: it lacks {name}")
        if found[name].shape != tensor.shape:
            raise CheckpointError(
                f"{where} is of another network: {name} is {list(found[name].shape)}, here {list(tensor.shape)}"
            )
    strange = found.keys() - target.keys()
    if strange:
        raise CheckpointError(f"{where} is of another network: it has {min(strange)}, which is not here")
    for name, tensor in target.items():
        tensor.data.copy_(found[name])
