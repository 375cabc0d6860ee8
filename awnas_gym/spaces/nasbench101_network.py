"""The layers of a NAS-Bench-101 cell: how its channels are divided [Ying et al., ICML 2019, section 2.2]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.spaces.layers import LayerSpec


def module(adjacency: NDArray[np.int64], names: list[str], c_in: int, c_out: int, size: int) -> list[LayerSpec]:
    """Return the layers of one cell, given its pruned graph and the operations of its vertices.

    An edge from the input goes through a 1x1 convolution. The output concatenates its predecessors, which divide its
    channels; the others have as many as the widest that reads them, and what reads a wider one takes its first.
    """
    last = len(names) - 1
    widths = vertex_channels(adjacency, c_out)
    layers: list[LayerSpec] = []
    for vertex in range(1, last):
        width = widths[vertex]
        if adjacency[0, vertex]:
            layers += conv_bn(c_in, width, size, activation="relu")
        layers += [LayerSpec("add", width, width, size, size)] * (int(adjacency[:, vertex].sum()) - 1)
        if names[vertex] == "maxpool3x3":
            layers.append(LayerSpec("max_pool", width, width, size, size, kernel=3))
        else:
            layers += conv_bn(
                width, width, size, kernel=3 if names[vertex].startswith("conv3x3") else 1, activation="relu"
            )
    inputs = int(adjacency[1:, last].sum())
    if inputs > 1:
        layers.append(LayerSpec("concat", c_out, c_out, size, size))
    if adjacency[0, last]:
        layers += conv_bn(c_in, c_out, size, activation="relu")
        if inputs:
            layers.append(LayerSpec("add", c_out, c_out, size, size))
    return layers


def vertex_channels(adjacency: NDArray[np.int64], c_out: int) -> list[int]:
    """Return the channels of each vertex, int `[n]`; entry 0, the input's, is 0: it depends on the cell before."""
    last = len(adjacency) - 1
    widths = [0] * last + [c_out]
    concatenated = [vertex for vertex in range(1, last) if adjacency[vertex, last]]
    for i, vertex in enumerate(concatenated):
        share, rest = divmod(c_out, len(concatenated))
        widths[vertex] = share + (i < rest)
    for vertex in reversed(range(1, last)):
        if not adjacency[vertex, last]:
            widths[vertex] = max(widths[w] for w in range(vertex + 1, last) if adjacency[vertex, w])
    return widths
