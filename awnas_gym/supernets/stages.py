"""Stage-wise networks (`nasbench_macro`, `fbnet`): one alone, and the weights of all blocks of all layers."""

from __future__ import annotations

from typing import cast, final

from numpy.typing import ArrayLike
from torch import Tensor, nn

from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.stages import AbstractStages
from awnas_gym.supernets.abstract import AbstractSupernet
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import Sum, chain


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
            names = self.blocks if row is None else [self.blocks[row[i]]]
            self.layers.append(nn.ModuleDict({name: module(space.block(name, place), make) for name in names}))
        *head, _, classifier = space.head()
        self.head = chain(head, make)
        self.classifier = make.linear(classifier.c_in, classifier.c_out)

    def run(self, images: Tensor, row: list[int]) -> Tensor:
        """Map images `[B, C, H, W]` to logits `[B, classes]` by the block of each layer."""
        value = self.stem(images)
        for layer, choice in zip(self.layers, row, strict=True):
            value = cast("nn.ModuleDict", layer)[self.blocks[choice]](value)
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
        space: `nasbench_macro` or `fbnet`; its settings give the sizes.
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
class Supernet(AbstractSupernet):
    """All blocks of all layers, each with weights of its own [Wu et al., CVPR 2019; Guo et al., ECCV 2020].

    Args:
        space: `nasbench_macro` or `fbnet`; its settings give the sizes.
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

    def _plain(self, arch: ArrayLike) -> Network:
        return Network(self.space, arch, factory=self._factory)

    def _weights(self, arch: ArrayLike) -> dict[str, Tensor]:
        del arch
        return self.network.state_dict()
