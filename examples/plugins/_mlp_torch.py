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
        copies: independent networks in one module.
    """

    def __init__(self, space: AbstractSpace, arch: ArrayLike, *, copies: int = 1) -> None:
        super().__init__()
        layers = space.layers(arch)
        activation = {"relu": nn.ReLU, "tanh": nn.Tanh}
        self.hidden = nn.Sequential(
            *(
                conv(layer.c_in, layer.c_out, copies=copies, kernel=1)
                if layer.kind == "linear"
                else activation[layer.kind]()
                for layer in layers[:-1]
            )
        )
        self.classifier = CopiesLinear(layers[-1].c_in, layers[-1].c_out, copies=copies)

    def forward(self, images: Tensor) -> Tensor:
        """Map `[B, copies * C, H, W]` to logits `[copies, B, classes]`."""
        pixels = images.flatten(1)[:, :, None, None]  # [B, copies * C * H * W, 1, 1]
        out: Tensor = self.classifier(torch.flatten(self.hidden(pixels), 1))
        return out
