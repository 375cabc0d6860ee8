"""What every supernet is."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from awnas_gym.spaces import AbstractSpace

Logits = Tensor | tuple[Tensor, Tensor]
"""`[B, classes]`; of a network with an auxiliary head in training mode, those of its two classifiers."""


class AbstractSupernet(nn.Module, ABC):
    """One set of weights that all architectures of a space share.

    An architecture is an argument of each call and never a mode of the network; what it did not choose is not run.

    Attributes:
        space: of the architectures.
    """

    space: AbstractSpace

    @abstractmethod
    def forward(self, images: Tensor, arch: ArrayLike) -> Logits:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by one architecture, int `[decisions]`."""

    @abstractmethod
    def derive(self, arch: ArrayLike) -> nn.Module:
        """Return the plain network of an architecture, int `[decisions]`, with a copy of its weights.

        It maps images to the same logits, in the same mode; training it changes nothing here.
        """

    @abstractmethod
    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights anew from a generator of the CPU, whatever the device; batch norms are as new."""
