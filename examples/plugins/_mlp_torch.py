"""A perceptron in torch: the part that `mlp_network.py` names."""

from __future__ import annotations

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from awnas_gym.spaces import AbstractSpace
from awnas_gym.supernets.copies import CopiesLinear, conv


class Network(nn.Module):
    """A perceptron, `copies` times side by side: its linear layers are grouped 1x1 convolutions.

    Args:
        space: of the architecture.
        arch: int `[3]`.
        copies: independent networks in one module; None for one, whose logits have no axis of copies.
    """

    def __init__(self, space: AbstractSpace, arch: ArrayLike, *, copies: int | None = None) -> None:
        super().__init__()
        layers, k = space.layers(arch), 1 if copies is None else copies
        activation = {"relu": nn.ReLU, "tanh": nn.Tanh}
        self.hidden = nn.Sequential(
            *(
                conv(layer.c_in, layer.c_out, copies=k, kernel=1)
                if layer.kind == "linear"
                else activation[layer.kind]()
                for layer in layers[:-1]
            )
        )
        ends = layers[-1].c_in, layers[-1].c_out
        self.classifier = nn.Linear(*ends) if copies is None else CopiesLinear(*ends, copies=k)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]`; copies add `[B, copies * C, …]`, `[copies, B, …]`."""
        pixels = images.flatten(1)[:, :, None, None]  # [B, copies * C * H * W, 1, 1]
        out: Tensor = self.classifier(torch.flatten(self.hidden(pixels), 1))
        return out
