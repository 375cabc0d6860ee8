"""What stage-wise spaces share: a chain of layers between a stem and a head, each layer with one of several blocks."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph
from awnas_gym.spaces.convolutions import classifier, conv_bn
from awnas_gym.spaces.layers import LayerSpec


@final
@dataclass(frozen=True, slots=True)
class Place:
    """Where a layer stands.

    Attributes:
        c_in: channels of its input.
        c_out: channels of its output.
        size: height and width of its input, in pixels.
        stride: it takes the height and width by.
    """

    c_in: int
    c_out: int
    size: int
    stride: int

    @property
    def out(self) -> int:
        """Height and width of the output, in pixels."""
        return -(-self.size // self.stride)

    @property
    def changes_shape(self) -> bool:
        """Whether the output is of another shape, so that nothing can be left out here."""
        return self.stride > 1 or self.c_in != self.c_out


class AbstractStages(AbstractSpace):
    """A chain of layers, each with one of several blocks; a decision a layer.

    The network: a 3x3 stem convolution, the layers, a 1x1 convolution, global pooling, a classifier. ReLU after both
    convolutions.

    Attributes:
        blocks: their names, in the order of the choices.
    """

    blocks: ClassVar[tuple[str, ...]]

    # ---------------------------------------------------------------- what a space must say

    @property
    @abstractmethod
    def places(self) -> tuple[Place, ...]:
        """The stem, each layer, and the 1x1 convolution."""

    @property
    @abstractmethod
    def classes(self) -> int:
        """Of the classifier."""

    @abstractmethod
    def block(self, name: str, place: Place) -> list[LayerSpec]:
        """Return the layers of a block, none where it is the identity; a sum with its input comes last."""

    # ---------------------------------------------------------------- what follows from it

    @final
    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return the chain of the layers, an edge each, labelled with its block."""
        row = np.asarray(arch).tolist()
        labels = [None if choice < 0 else self.blocks[choice] for choice in row]
        return ArchGraph(
            nodes=("input", *(str(layer) for layer in range(1, len(row))), "output"),
            edges=tuple((i, i + 1, label) for i, label in enumerate(labels)),
        )

    @final
    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the network in order of execution."""
        chosen = zip(self.places[1:-1], self.check(arch)[0].tolist(), strict=True)
        return [
            *self.stem(),
            *(layer for place, choice in chosen for layer in self.block(self.blocks[choice], place)),
            *self.head(),
        ]

    @final
    def stem(self) -> list[LayerSpec]:
        """Return the layers before the first decision."""
        place = self.places[0]
        return conv_bn(place.c_in, place.c_out, place.size, kernel=3, stride=place.stride, activation="relu")

    @final
    def head(self) -> list[LayerSpec]:
        """Return the layers after the last decision; the last two are global pooling and the classifier."""
        place = self.places[-1]
        return [
            *conv_bn(place.c_in, place.c_out, place.size, activation="relu"),
            LayerSpec("global_pool", place.c_out, place.c_out, place.size, place.size),
            classifier(place.c_out, self.classes),
        ]


def places_behind(first: Place, rest: list[tuple[int, int]]) -> tuple[Place, ...]:
    """Return places behind each other: the first, and for each (channels of the output, stride) one more."""
    places = [first]
    for c_out, stride in rest:
        places.append(Place(places[-1].c_out, c_out, places[-1].out, stride))
    return tuple(places)
