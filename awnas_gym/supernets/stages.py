"""Stage-wise networks (`fbnet`, `proxylessnas`, …): one alone, and the weights of all blocks of all layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.stages import AbstractStages, Place
from awnas_gym.supernets.abstract import RelaxedSupernet
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import Sum, Zero, chain


@final
class Layer(nn.ModuleDict):
    """The blocks that a layer may have, by their names.

    Args:
        space: gives their layers.
        place: where the layer stands.
        names: of the blocks.
        factory: makes the layers.
    """

    def __init__(self, space: AbstractStages, place: Place, names: tuple[str, ...], factory: LayerFactory) -> None:
        super().__init__({name: module(space.block(name, place), factory) for name in names})
        self.names, self.place = names, place

    def mixed(self, value: Tensor, weights: Tensor, run: list[bool]) -> Tensor:
        """Map `[B, c_in, H, W]` to `[B, c_out, H', W']` by a weighted sum of the blocks that are run.

        Args:
            value: output of the layer before.
            weights: `[blocks]`.
            run: which of them are run.
        """
        chosen = [(self[name], weights[i]) for i, name in enumerate(self.names) if run[i]]
        terms = [weight * block(value) for block, weight in chosen]
        if not terms:
            terms = [Zero(self.place.c_out, self.place.stride)(value)]
        total: Tensor = sum(terms[1:], terms[0])
        return total


class Body(nn.Module):
    """Stem, layers, head; `AbstractStages` says how they are put together.

    Args:
        space: gives the layers of every block.
        row: the block of each layer; None for all.
        factory: makes the layers; None for torch's own.
    """

    def __init__(self, space: AbstractStages, row: list[int] | None, *, factory: LayerFactory | None) -> None:
        super().__init__()
        self.blocks = space.blocks
        make = LayerFactory() if factory is None else factory
        self.stem = chain(space.stem(), make)
        self.layers = nn.ModuleList()
        for i, place in enumerate(space.places[1:-1]):
            names = self.blocks[: space.cardinalities[i]] if row is None else (self.blocks[row[i]],)
            self.layers.append(Layer(space, place, names, make))
        *head, _, classifier = space.head()
        self.head = chain(head, make)
        self.classifier = make.linear(classifier.c_in, classifier.c_out)

    def run(self, images: Tensor, row: list[int]) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by the block of each layer."""
        return self.through(images, lambda i, layer, value: layer[self.blocks[row[i]]](value))

    def mixed(self, images: Tensor, weights: Tensor, run: list[list[bool]]) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by weights `[layers, blocks]` of what is run."""
        rows = weights.unbind()
        return self.through(images, lambda i, layer, value: layer.mixed(value, rows[i], run[i]))

    def through(self, images: Tensor, run: Callable[[int, Layer, Tensor], Tensor]) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]`; `run` gives the output of a layer from that before it."""
        value = self.stem(images)
        for i, layer in enumerate(self.layers):
            value = run(i, cast("Layer", layer), value)
        logits: Tensor = self.classifier(self.head(value).mean(dim=(2, 3)))
        return logits


def module(layers: list[LayerSpec], factory: LayerFactory) -> nn.Module:
    """Return the layers of a block as a module, of none the identity."""
    if layers and layers[-1].kind == "add":
        return Sum(nn.Sequential(), chain(layers[:-1], factory))
    return chain(layers, factory)


@final
class Network(Body):
    """The plain network of one architecture.

    Args:
        space: its settings give the sizes.
        arch: int `[decisions]`.
        factory: makes the layers; None for torch's own.
    """

    def __init__(self, space: AbstractStages, arch: ArrayLike, *, factory: LayerFactory | None = None) -> None:
        self.row = space.check(arch)[0].tolist()
        super().__init__(space, self.row, factory=factory)

    def forward(self, images: Tensor) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]`."""
        return self.run(images, self.row)


@final
class Supernet(RelaxedSupernet):
    """All blocks of all layers, each with weights of its own [Wu et al., CVPR 2019; Guo et al., ECCV 2020].

    Args:
        space: its settings give the sizes.
        factory: makes the layers; None for torch's own.
    """

    kinds = (AbstractStages,)
    space: AbstractStages

    def __init__(self, space: AbstractStages, *, factory: LayerFactory | None = None) -> None:
        super().__init__(space)
        self._factory = factory
        self.network = Body(space, None, factory=factory)

    def forward(self, images: Tensor, arch: ArrayLike) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by one architecture, int `[decisions]`."""
        return self.network.run(images, self.space.check(arch)[0].tolist())

    def mix(self, images: Tensor, weights: Tensor, run: NDArray[np.bool_]) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by weights `[layers, blocks]`; see `RelaxedSupernet`."""
        return self.network.mixed(images, weights, run.tolist())

    def _plain(self, arch: ArrayLike) -> Network:
        return Network(self.space, arch, factory=self._factory)

    def _weights(self, arch: ArrayLike) -> dict[str, Tensor]:
        del arch
        return self.network.state_dict()
