"""The networks of TransNAS-Bench-101 [Duan et al., CVPR 2021]: a stem, modules of two blocks, a classifier.

A module of type 1 keeps the shape, 2 doubles the channels, 3 halves the image, 4 does both, in its first block. The
benchmark trains a network for each of seven tasks; here stand the encoder, which all share, and the head of its two
classifications: global pooling and one linear layer, for 75 classes of objects or 47 of scenes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from awnas_gym.config import check_sizes
from awnas_gym.errors import SettingError
from awnas_gym.spaces.convolutions import classifier, conv_bn, factorized_reduction, relu_conv_bn
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.nasbench201 import CONV3, EDGES, NONE, SKIP

DOUBLING, HALVING = (2, 4), (3, 4)
"""Types of modules that double the channels, and those that halve the image."""

Block = Callable[[int, int, int, int], list[LayerSpec]]
"""From the channels of the input and the output, pixels of the input and stride, to layers."""


def check_network(sizes: dict[str, Any], *, where: str) -> None:
    """Raise `SettingError` for a value that is no whole number from 1, and for an odd number of channels."""
    check_sizes(sizes, where=where)
    if sizes["channels"] % 2:
        raise SettingError(
            f"{where}: channels is an even number, the stem begins with half of them; got {sizes['channels']}"
        )


def network(modules: Iterable[int], sizes: dict[str, int], block: Block) -> list[LayerSpec]:
    """Return the layers of a whole network in order of execution.

    Args:
        modules: type of each, 1 to 4.
        sizes: `channels` that leave the stem, `image_channels`, `image_size` in pixels, and `classes`.
        block: layers of one block.
    """
    width, size = sizes["channels"], sizes["image_size"]
    layers = conv_bn(sizes["image_channels"], width // 2, size, kernel=3, stride=2)
    layers += relu_conv_bn(width // 2, width, _half(size), kernel=3, stride=2)
    size = _half(_half(size))
    for module in modules:
        wider = 2 * width if module in DOUBLING else width
        if module in HALVING:
            layers += block(width, wider, size, 2)
            size = _half(size)
        else:
            layers += block(width, wider, size, 1)
        width = wider
        layers += block(width, width, size, 1)
    return [
        *layers,
        LayerSpec("global_pool", width, width, size, size),
        classifier(width, sizes["classes"]),
    ]


def basic_block(c_in: int, c_out: int, size: int, stride: int) -> list[LayerSpec]:
    """Return the layers of a residual block: two 3x3 convolutions, and a 1x1 beside them where the shape changes."""
    out = size if stride == 1 else _half(size)
    shortcut = conv_bn(c_in, c_out, size, stride=stride) if stride > 1 or c_in != c_out else []
    return [
        *relu_conv_bn(c_in, c_out, size, kernel=3, stride=stride),
        *relu_conv_bn(c_out, c_out, out, kernel=3),
        *shortcut,
        LayerSpec("add", c_out, c_out, out, out),
    ]


def cell(row: list[int], c_in: int, c_out: int, size: int, stride: int) -> list[LayerSpec]:
    """Return the layers of one cell of NAS-Bench-201's form, as written: edges that reach no output are run too.

    Edges from the input change the shape, a skip among them by two 1x1 convolutions of half the channels, the second
    of the image moved by a pixel.
    """
    out = size if stride == 1 else _half(size)
    layers = []
    terms = [1, 0, 0, 0]  # values that reach each node; a node without any adds nothing to others
    for (source, target), choice in zip(EDGES, row, strict=True):
        if choice == NONE:
            continue
        shape = (c_out, c_out, out, 1) if source else (c_in, c_out, size, stride)
        if choice != SKIP:
            layers += relu_conv_bn(*shape[:3], kernel=3 if choice == CONV3 else 1, stride=shape[3])
        elif shape != (c_out, c_out, out, 1):
            layers += factorized_reduction(*shape[:3], stride=shape[3])
        if terms[source]:
            if terms[target]:
                layers.append(LayerSpec("add", c_out, c_out, out, out))
            terms[target] += 1
    return layers


def _half(size: int) -> int:
    return -(-size // 2)
