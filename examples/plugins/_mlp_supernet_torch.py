"""Perceptrons that share weights, in torch: the part that `mlp_supernet.py` names."""

from __future__ import annotations

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional

from awnas_gym.plugin_folder._mlp_torch import Network
from awnas_gym.plugin_folder.mlp_space import CHOICES, MLPSpace
from awnas_gym.supernets.abstract import AbstractSupernet


class Supernet(AbstractSupernet):
    """The widest two hidden layers, and a classifier behind either; narrower layers are the first rows of them.

    Args:
        space: of the perceptrons.
    """

    kinds = (MLPSpace,)

    def __init__(self, space: MLPSpace) -> None:
        super().__init__(space)
        sizes = space.settings
        first, second = (max(map(int, widths)) for widths in CHOICES[:2])
        self.first = nn.Linear(sizes["image_channels"] * sizes["image_size"] ** 2, first, bias=False)
        self.second = nn.Linear(first, second, bias=False)
        self.classifiers = nn.ModuleList([nn.Linear(width, sizes["classes"]) for width in (first, second)])

    def forward(self, images: Tensor, arch: ArrayLike) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by one architecture, int `[3]`."""
        *hidden, (weight, bias) = self._used(arch)
        activation = getattr(torch, self.space.genotype(arch).split("-")[2])
        values = images.flatten(1)
        for (matrix,) in hidden:
            values = activation(functional.linear(values, matrix))
        return functional.linear(values, weight, bias)

    def _used(self, arch: ArrayLike) -> list[tuple[Tensor, ...]]:
        """Return the weights of each layer, and last those of the classifier with its bias."""
        first, second = (int(width) for width in self.space.genotype(arch).split("-")[:2])
        classifier = self.classifiers[bool(second)]
        used: list[tuple[Tensor, ...]] = [(self.first.weight[:first],)]
        if second:
            used.append((self.second.weight[:second, :first],))
        return [*used, (classifier.weight[:, : second or first], classifier.bias)]

    def _plain(self, arch: ArrayLike) -> Network:
        return Network(self.space, arch)

    def _weights(self, arch: ArrayLike) -> dict[str, Tensor]:
        *hidden, (weight, bias) = self._used(arch)
        found = {f"hidden.{2 * i}.weight": matrix.detach()[:, :, None, None] for i, (matrix,) in enumerate(hidden)}
        return {**found, "classifier.weight": weight.detach(), "classifier.bias": bias.detach()}
