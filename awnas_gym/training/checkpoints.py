"""Checkpoints: tensors as safetensors and everything else as JSON, in a folder; nothing is unpickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from awnas_gym.errors import CheckpointError
from awnas_gym.files import write_atomically

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
        raise CheckpointError(f"{folder / name} is truncated or altered; use an earlier checkpoint")
    try:
        return safetensors.torch.load(packed), state
    except SafetensorError as error:
        raise CheckpointError(f"{folder / name} is no file of tensors: {error}") from error


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
