"""What every supernet is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, final

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from awnas_gym.errors import SettingError
from awnas_gym.spaces import AbstractSpace
from awnas_gym.supernets.initialisation import initialise

Logits = Tensor | tuple[Tensor, Tensor]
"""`[B, classes]`; of a network with an auxiliary head in training mode, those of its two classifiers; of a recurrent
network `[B, T, tokens]` and its states."""


class AbstractSupernet(nn.Module, ABC):
    """One set of weights that all architectures of a space share.

    An architecture is an argument of each call and never a mode of the network; what it did not choose is not run.

    Args:
        space: its settings give the sizes.

    Attributes:
        kinds: classes of spaces whose architectures it knows.
        space: of the architectures.

    Raises:
        SettingError: the space is of another kind.
    """

    kinds: ClassVar[tuple[type[AbstractSpace], ...]]
    space: AbstractSpace

    def __init__(self, space: AbstractSpace) -> None:
        super().__init__()
        if not isinstance(space, self.kinds):
            wanted = " or ".join(kind.__name__ for kind in self.kinds)
            raise SettingError(f"{type(self).__name__} holds weights of {wanted}; got the space {space.name}")
        self.space = space

    @abstractmethod
    def forward(self, images: Tensor, arch: ArrayLike) -> Logits:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by one architecture, int `[decisions]`."""

    @abstractmethod
    def _plain(self, arch: ArrayLike) -> nn.Module:
        """Return a network of the architecture alone; `_weights` has its tensors, by the same names."""

    def _weights(self, arch: ArrayLike) -> dict[str, Tensor]:
        """Return the tensors that an architecture uses, and others; a supernet of which it uses parts overrides it."""
        del arch
        return self.state_dict()

    @final
    def derive(self, arch: ArrayLike) -> nn.Module:
        """Return the plain network of an architecture, int `[decisions]`, with a copy of its weights.

        It maps images to the same logits, in the same mode; training it changes nothing here.
        """
        first = next(self.parameters())
        network = self._plain(arch).to(first.device, first.dtype)
        weights = self._weights(arch)
        network.load_state_dict({name: weights[name] for name in network.state_dict()})
        return network.train(self.training)

    @final
    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights anew from a generator of the CPU, whatever the device; batch norms are as new."""
        self._draw(generator)

    def _draw(self, generator: torch.Generator) -> None:
        """Draw all weights; a supernet that begins otherwise overrides it."""
        initialise(self, generator)


class RelaxedSupernet(AbstractSupernet):
    """A supernet of a space that is also a matrix of weights (`spaces.relaxable`): it can mix all operations."""

    @abstractmethod
    def mix(self, images: Tensor, weights: Tensor, run: NDArray[np.bool_]) -> Logits:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by weighted sums of the operations on each edge.

        By the matrix of one architecture (`space.relax`) it gives what `forward` gives for it.

        Args:
            images: of the network's type.
            weights: `[edges, operations]`, of the same type; gradients flow to it.
            run: bool `[edges, operations]`: which operations are run; where it is False the weight counts as 0 and
                gets no gradient. It is beside the weights so that no device has to be waited for.
        """
