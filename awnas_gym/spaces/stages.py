"""What stage-wise spaces share: a chain of layers between a stem and a head, each layer with one of several blocks."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import GenotypeError, unknown
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.convolutions import classifier, conv_bn
from awnas_gym.spaces.layers import LayerKind, LayerSpec
from awnas_gym.spaces.parts import Parts, one_hot
from awnas_gym.spaces.relaxable import Relaxable


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


class AbstractStages(AbstractSpace, Relaxable, Parts):
    """A chain of layers in stages, each with one of several blocks; a decision a layer.

    The network: a 3x3 stem convolution, the layers, a 1x1 convolution, global pooling, a classifier, with an activation
    after both convolutions. All layers of a stage but the first keep the shape of the image.

    As a matrix, an edge is a layer and its operations are the blocks.

    Attributes:
        depths: layers of each stage.
        blocks: their names, in the order of the choices; a layer of fewer choices has the first of them.
        identity: the block that is nothing where the shape stays the same.
        activation: after the stem and the last convolution.
    """

    depths: ClassVar[tuple[int, ...]]
    blocks: ClassVar[tuple[str, ...]]
    identity: ClassVar[str]
    activation: ClassVar[LayerKind] = "relu"

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

    # ---------------------------------------------------------------- what is the same

    @property
    @final
    def unique_size(self) -> int:
        """Networks: behind the first layer of a stage, none to all of its layers are blocks, and then identities."""
        blocks = len(self.blocks) - 1
        return math.prod(
            self.cardinalities[stage.start] * sum(blocks**some for some in range(stage.stop - stage.start))
            for stage in self._stages()
        )

    @final
    def canonical(self, archs: ArrayLike) -> Archs:
        """Return the network with the identities of each stage last: before or after a block, they change nothing.

        The first layer of a stage may change the shape, so nothing moves past it.
        """
        rows = self.check(archs).copy()
        for stage in self._stages():
            later = rows[:, stage.start + 1 : stage.stop]
            order = np.argsort(later == self.blocks.index(self.identity), axis=1, kind="stable")
            later[...] = np.take_along_axis(later, order, axis=1)
        return rows

    @final
    def _stages(self) -> Iterator[slice]:
        """Yield the decisions of each stage."""
        first = 0
        for depth in self.depths:
            yield slice(first, first + depth)
            first += depth

    # ---------------------------------------------------------------- as a matrix

    @property
    @final
    def edge_names(self) -> tuple[str, ...]:
        """The layers."""
        return self.decision_names

    @property
    @final
    def edge_operations(self) -> tuple[str, ...]:
        """The blocks."""
        return self.blocks

    @property
    @final
    def edge_legal(self) -> NDArray[np.bool_]:
        """Which blocks each layer may have, bool `[layers, blocks]`."""
        legal: NDArray[np.bool_] = np.arange(len(self.blocks)) < np.array(self.cardinalities)[:, None]
        return legal

    @property
    @final
    def edge_groups(self) -> tuple[tuple[int, ...], ...]:
        """A row each."""
        return tuple((row,) for row in range(len(self.cardinalities)))

    @final
    def _strongest(self, weights: NDArray[np.float64]) -> Archs:
        """Return the strongest block of each layer; of equal ones the first."""
        strongest: Archs = np.where(self.edge_legal, weights, -np.inf).argmax(axis=1).astype(self.dtype)
        return strongest

    @final
    def relax(self, arch: ArrayLike) -> NDArray[np.float64]:
        """Return the matrix of one architecture: a one in each row."""
        matrix: NDArray[np.float64] = np.eye(len(self.blocks))[self.check(arch)[0]]
        return matrix

    @final
    def edge_layers(self, edge: int, operation: int) -> list[LayerSpec]:
        """Return the layers of a block at a layer."""
        return self.block(self.blocks[operation], self.places[1 + edge])

    # ---------------------------------------------------------------- notation

    def genotype(self, arch: ArrayLike) -> str:
        """Return the blocks, stages separated by slashes: `k3_e1/k3_e6,skip,k3_e1,k3_e1/…/k3_e6`."""
        names = [self.blocks[choice] for choice in self.check(arch)[0].tolist()]
        return "/".join(",".join(names[stage]) for stage in self._stages())

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[layers]`."""
        stages = [stage.split(",") for stage in text.strip().split("/")]
        if [len(stage) for stage in stages] != list(self.depths):
            form = "/".join(",".join([self.blocks[0]] * depth) for depth in self.depths[:2])
            raise GenotypeError(
                f"{text!r} is no {self.name} genotype; the form is {form}/… with "
                f"{', '.join(map(str, self.depths))} blocks in the stages, each one of {', '.join(self.blocks)}"
            )
        row = []
        names = [name for stage in stages for name in stage]
        for decision, name, choices in zip(self.decision_names, names, self.cardinalities, strict=True):
            if name not in self.blocks[:choices]:
                raise GenotypeError(f"{decision}: {unknown('block', name, self.blocks[:choices])}")
            row.append(self.blocks.index(name))
        return np.array(row, dtype=self.dtype)

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
    def parts(self) -> list[list[LayerSpec]]:
        """Return the stem, each block at each layer, and the head."""
        chosen = [
            self.block(name, place)
            for place, choices in zip(self.places[1:-1], self.cardinalities, strict=True)
            for name in self.blocks[:choices]
        ]
        return [self.stem(), *chosen, self.head()]

    @final
    def part_counts(self, archs: ArrayLike) -> NDArray[np.int32]:
        """Return ones where a network has a part, int32 `[batch, parts]`."""
        chosen = one_hot(self.check(archs), self.cardinalities)
        return np.pad(chosen, ((0, 0), (1, 1)), constant_values=1)

    def stem(self) -> list[LayerSpec]:
        """Return the layers before the first decision."""
        place = self.places[0]
        return conv_bn(place.c_in, place.c_out, place.size, kernel=3, stride=place.stride, activation=self.activation)

    @final
    def head(self) -> list[LayerSpec]:
        """Return the layers after the last decision; the last two are global pooling and the classifier."""
        place = self.places[-1]
        return [
            *conv_bn(place.c_in, place.c_out, place.size, activation=self.activation),
            LayerSpec("global_pool", place.c_out, place.c_out, place.size, place.size),
            classifier(place.c_out, self.classes),
        ]


def layer_names(depths: tuple[int, ...]) -> tuple[str, ...]:
    """Return a name for each layer of stages with so many layers."""
    return tuple(
        f"stage {stage} layer {layer}" for stage, depth in enumerate(depths, 1) for layer in range(1, depth + 1)
    )


def layer_shapes(depths: tuple[int, ...], widths: Iterable[int], strides: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return (channels of the output, stride) of each layer; a stride is that of the first layer of its stage."""
    return [
        (width, 1 if layer else stride)
        for depth, width, stride in zip(depths, widths, strides, strict=True)
        for layer in range(depth)
    ]


def places_behind(first: Place, rest: list[tuple[int, int]]) -> tuple[Place, ...]:
    """Return places behind each other: the first, and for each (channels of the output, stride) one more."""
    places = [first]
    for c_out, stride in rest:
        places.append(Place(places[-1].c_out, c_out, places[-1].out, stride))
    return tuple(places)
