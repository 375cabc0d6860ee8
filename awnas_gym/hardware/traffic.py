"""How many numbers a layer reads and writes, each once: what a model of memory counts."""

from __future__ import annotations

from typing import NamedTuple

from awnas_gym.spaces.layers import LayerSpec


class Traffic(NamedTuple):
    """Numbers that a layer moves, for one image where nothing else is said.

    Attributes:
        read: of its inputs.
        weights: of all images of a batch.
        written: of its output.
    """

    read: int
    weights: int
    written: int


def traffic(layer: LayerSpec) -> Traffic:
    """Return what a layer moves if everything is moved once."""
    written = layer.c_out * layer.out_height * layer.out_width
    if layer.kind == "embedding":
        return Traffic(1, layer.c_out, layer.c_out)  # a token, and one row
    if layer.kind == "global_pool":
        written = layer.c_out
    read = layer.c_in * layer.height * layer.width
    if layer.kind == "add":
        read *= 2
    if layer.kind == "multiply":
        read += layer.c_in  # a factor for each channel
    return Traffic(read, layer.params, written)
