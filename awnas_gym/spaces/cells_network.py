"""The network of normal and reduce cells [Zoph et al., CVPR 2018; Liu et al., ICLR 2019] as layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from awnas_gym.spaces.convolutions import classifier, conv_bn, dilated, factorized_reduction, relu_conv_bn, separable
from awnas_gym.spaces.layers import LayerKind, LayerSpec

STEM_MULTIPLIER = 3

SEPARABLE = {"sep_conv_3x3": 3, "sep_conv_5x5": 5}
DILATED = {"dil_conv_3x3": 3, "dil_conv_5x5": 5}
POOLS: dict[str, LayerKind] = {"max_pool_3x3": "max_pool", "avg_pool_3x3": "avg_pool"}


@final
@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        nodes: of each node its two (value read, operation); values 0 and 1 are the inputs, nodes follow.
        ends: values that are concatenated.
        mixed: whether a 1x1 convolution follows, to the channels of the cell.
    """

    nodes: tuple[tuple[tuple[int, str], ...], ...]
    ends: tuple[int, ...]
    mixed: bool


@final
@dataclass(frozen=True, slots=True)
class CellPlace:
    """Where a cell stands in the network.

    Attributes:
        width: channels inside.
        size: height and width of what it reads, in pixels.
        stride: 2 of a reduce cell.
    """

    width: int
    size: int
    stride: int

    @property
    def out(self) -> int:
        """Height and width of its nodes, in pixels."""
        return -(-self.size // self.stride)


def places(sizes: Mapping[str, int]) -> list[CellPlace]:
    """Return the places of all cells; those at a third and two thirds of the network reduce."""
    found: list[CellPlace] = []
    width, size = sizes["channels"], sizes["image_size"]
    for i in range(sizes["cells"]):
        reduces = i in {sizes["cells"] // 3, 2 * sizes["cells"] // 3}
        width *= 2 if reduces else 1
        found.append(CellPlace(width, size, 1 + reduces))
        size = found[-1].out
    return found


def edge_layers(sizes: Mapping[str, int], source: int, operation: str, *, reduces: bool) -> list[LayerSpec]:
    """Return the layers of an operation on the edge from a value, in all normal or all reduce cells."""
    return [
        layer
        for place in places(sizes)
        if (place.stride > 1) == reduces
        for layer in _operation(operation, place.width, *((place.size, place.stride) if source < 2 else (place.out, 1)))
    ]


def network(normal: Cell, reduce: Cell, sizes: Mapping[str, int]) -> list[LayerSpec]:
    """Return the layers of the whole network.

    Args:
        normal: most cells.
        reduce: those at a third and two thirds of the network.
        sizes: `channels` of the first cells, number of `cells`, `image_channels`, `image_size` in pixels, `classes`.
    """
    width, size = sizes["channels"], sizes["image_size"]
    layers = conv_bn(sizes["image_channels"], STEM_MULTIPLIER * width, size, kernel=3)
    inputs = [(STEM_MULTIPLIER * width, size)] * 2  # channels and pixels of the two values before a cell
    for place in places(sizes):
        cell = reduce if place.stride > 1 else normal
        layers += _cell(cell, inputs, place.width, place.stride)
        inputs = [inputs[1], (place.width if cell.mixed else place.width * len(cell.ends), place.out)]
    size = inputs[1][1]
    c_out = inputs[1][0]
    return [
        *layers,
        LayerSpec("global_pool", c_out, c_out, size, size),
        classifier(c_out, sizes["classes"]),
    ]


def _cell(cell: Cell, inputs: list[tuple[int, int]], width: int, stride: int) -> list[LayerSpec]:
    """Return the layers of one cell; operations on its inputs have the stride."""
    (c_before, size_before), (c_last, size) = inputs
    halved = size_before > size  # the cell before was a reduce cell
    layers = factorized_reduction(c_before, width, size_before) if halved else relu_conv_bn(c_before, width, size)
    layers += relu_conv_bn(c_last, width, size)
    out = -(-size // stride)
    rectified: set[int] = set()
    for node in cell.nodes:
        for source, operation in node:
            shape = (size, stride) if source < 2 else (out, 1)
            own = _operation(operation, width, *shape)
            if own and operation not in POOLS:
                layers += _rectified(source, rectified, width, shape[0])
            layers += own
        layers.append(LayerSpec("add", width, width, out, out))
    for end in cell.ends:
        if end < 2 and stride > 1:
            layers += _rectified(end, rectified, width, size) + factorized_reduction(width, width, size)[1:]
    concatenated = width * len(cell.ends)
    if len(cell.ends) > 1:
        layers.append(LayerSpec("concat", concatenated, concatenated, out, out))
    return layers + relu_conv_bn(concatenated, width, out) if cell.mixed else layers


def _rectified(value: int, rectified: set[int], width: int, size: int) -> list[LayerSpec]:
    """Return the ReLU of a value, and remember it: it runs once, whatever reads it."""
    if value in rectified:
        return []
    rectified.add(value)
    return [LayerSpec("relu", width, width, size, size)]


def _operation(name: str, width: int, size: int, stride: int) -> list[LayerSpec]:
    """Return the layers of one operation; the ReLU before convolutions is not among them."""
    if name in SEPARABLE:
        return separable(width, width, size, kernel=SEPARABLE[name], stride=stride)[1:]
    if name in DILATED:
        return dilated(width, width, size, kernel=DILATED[name], stride=stride)[1:]
    if name in POOLS:
        return [LayerSpec(POOLS[name], width, width, size, size, kernel=3, stride=stride)]
    return factorized_reduction(width, width, size)[1:] if stride > 1 else []  # skip_connect
