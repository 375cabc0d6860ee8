"""From an architecture to an ONNX model of its network, as torch exports it."""

from __future__ import annotations

import torch
from numpy.typing import ArrayLike

from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.reading import refuse_text
from awnas_gym.supernets import NETWORKS
from awnas_gym.supernets.copies import fold_batch_norm
from awnas_gym.training.export import onnx_model


def onnx_network(space: AbstractSpace, arch: ArrayLike, *, batch_size: int) -> bytes:
    """Return the network of an architecture with random weights, batch norms folded into convolutions.

    It takes some seconds.

    Args:
        space: one with a row in `NETWORKS`.
        arch: int `[decisions]`.
        batch_size: images, fixed in the model.

    Raises:
        SettingError: the networks read text.
        MissingExtraError: a package of the extra `onnx` is not installed.
    """
    refuse_text(type(space))
    settings = space.settings
    network = NETWORKS.load(space.name)(space, space.check(arch)[0]).eval()
    fold_batch_norm(network)
    images = torch.zeros(batch_size, settings["image_channels"], *[settings["image_size"]] * 2)
    packed: bytes = onnx_model(network, images, any_batch=False).SerializeToString()
    return packed
