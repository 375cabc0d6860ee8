"""Which layers are measured, and the shapes of what they read and write."""

from __future__ import annotations

from awnas_gym.errors import SettingError, unknown
from awnas_gym.hardware.layer_table import describe
from awnas_gym.spaces.layers import LayerSpec

MEASURED = (
    "conv", "linear", "batch_norm", "relu", "relu6", "h_swish", "h_sigmoid", "sigmoid", "tanh", "hardtanh",
    "avg_pool", "max_pool", "global_pool", "add", "multiply", "concat", "shuffle", "pad",
)  # fmt: skip
"""Kinds of layers."""


def refuse_unmeasured(layer: LayerSpec) -> None:
    """Raise `SettingError` for a layer that no runtime here runs as a device would."""
    if layer.binary is not None:
        raise SettingError(f"{describe(layer)}: weights of one bit run as those of 32 here, which would say nothing")
    if layer.kind not in MEASURED:
        raise SettingError(f"{describe(layer)}: {unknown('kind of layer that is measured', layer.kind, MEASURED)}")


def input_shapes(layer: LayerSpec, *, batch_size: int) -> list[tuple[int, ...]]:
    """Return the shapes of what a layer reads: `[batch_size, c_in, height, width]`, of a `linear` one no pixels.

    A `concat` is that of two halves, and a `multiply` that of an image with a number a channel, as in
    squeeze-and-excitation.
    """
    image = (batch_size, layer.c_in, layer.height, layer.width)
    if layer.kind == "linear":
        return [image[:2]]
    if layer.kind == "concat":
        first = layer.c_in // 2
        return [(batch_size, channels, *image[2:]) for channels in (first, layer.c_in - first)]
    if layer.kind == "multiply":
        return [image, (*image[:2], 1, 1)]
    return [image, image] if layer.kind == "add" else [image]


def output_shape(layer: LayerSpec, *, batch_size: int) -> tuple[int, ...]:
    """Return the shape of what a layer writes."""
    if layer.kind == "linear":
        return batch_size, layer.c_out
    if layer.kind == "global_pool":
        return batch_size, layer.c_out, 1, 1
    return batch_size, layer.c_out, layer.out_height, layer.out_width
