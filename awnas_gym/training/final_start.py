"""First weights of a final training: of a file, of another training, or of a supernet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from numpy.typing import ArrayLike
from safetensors import SafetensorError
from torch import Tensor, nn

from awnas_gym.errors import CheckpointError
from awnas_gym.spaces import AbstractSpace
from awnas_gym.supernets import SUPERNETS
from awnas_gym.training.checkpoints import check_described, load_checkpoint, load_last, load_tensors

WEIGHTS = "weights.safetensors"
"""The network of a finished training, under its own names."""

HEAD = "auxiliary."
"""What the names of an auxiliary head begin with."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file, or of `weights.safetensors` in a folder.

    Raises:
        CheckpointError: there is none, or it is no file of tensors.
    """
    file = path / WEIGHTS if path.is_dir() else path
    try:
        return safetensors.torch.load(file.read_bytes())
    except (OSError, SafetensorError) as error:
        shared = " (those of a supernet: --load-supernet)" if (path / "weights").is_dir() else ""
        raise CheckpointError(f"{file} holds no weights{shared}: {error}") from error


def supernet_checkpoint(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return tensors and state of the last good checkpoint of a run that trained shared weights.

    Args:
        folder: of the run, or one of its checkpoints.

    Raises:
        CheckpointError: no such checkpoint is there, or it is damaged.
    """
    inside = folder / "weights"
    tensors, state = load_last(inside, load_checkpoint) if inside.is_dir() else load_checkpoint(folder)
    if not {"space", "settings", "dataset"} <= state.keys():
        raise CheckpointError(f"{folder} holds no shared weights; give the folder of a run that trained some")
    return tensors, state


def supernet_weights(folder: Path, space: AbstractSpace, arch: ArrayLike, *, dataset: str) -> dict[str, Tensor]:
    """Return the weights that an architecture has in the supernet of a run.

    Args:
        folder: of a run that trained shared weights, or one of its checkpoints.
        space: of the network to be trained; its sizes have to be those of the supernet.
        arch: int `[decisions]`.
        dataset: that the network is to be trained on, and the supernet was.

    Raises:
        CheckpointError: no checkpoint is there, or it is damaged or of another space or data set.
    """
    tensors, state = supernet_checkpoint(folder)
    described = {"space": space.name, "settings": space.settings, "dataset": dataset}
    check_described(state, described, where=str(folder))
    supernet = SUPERNETS.load(space.name)(space)
    weights = {name.removeprefix("supernet."): t for name, t in tensors.items() if name.startswith("supernet.")}
    load_tensors(supernet.state_dict(), weights, where=str(folder))
    derived: nn.Module = supernet.derive(arch)
    return derived.state_dict()


def start_from(network: nn.Module, weights: Mapping[str, Tensor], *, where: str) -> None:
    """Copy weights into a network; an auxiliary head may be on one side alone, and is then as it was, or left out.

    Raises:
        CheckpointError: other names or shapes differ; nothing was copied.
    """
    target = network.state_dict()
    wanted = {name: tensor for name, tensor in target.items() if name in weights or not name.startswith(HEAD)}
    found = {name: tensor for name, tensor in weights.items() if name in target or not name.startswith(HEAD)}
    load_tensors(wanted, found, where=where)
