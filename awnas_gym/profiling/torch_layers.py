"""From a layer to what torch runs: the module that networks have there, and inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from awnas_gym.profiling.layer_shapes import input_shapes, refuse_unmeasured
from awnas_gym.spaces.layers import LayerKind, LayerSpec
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import make_layer

Run = Callable[..., Tensor]


def _concat(first: Tensor, second: Tensor) -> Tensor:
    return torch.cat([first, second], dim=1)


def _global_pool(image: Tensor) -> Tensor:
    return image.mean(dim=(2, 3), keepdim=True)


def _moved(image: Tensor) -> Tensor:
    return functional.pad(image, (-1, 1, -1, 1))


FUNCTIONS: dict[LayerKind, Run] = {
    "add": torch.add,
    "multiply": torch.mul,
    "concat": _concat,
    "global_pool": _global_pool,
}
"""Layers that are no modules."""


def torch_layer(layer: LayerSpec, *, batch_size: int, device: str) -> tuple[Run, list[Tensor]]:
    """Return what runs a layer, in evaluation mode, and its random inputs: see `input_shapes`.

    Images and weights are `channels_last`, as within the networks that are measured. Padding of no more channels is
    what a factorised reduction does: the image moves by a pixel.

    Args:
        layer: as `deployed` gives it.
        batch_size: images.
        device: any of torch; on `"meta"` nothing is computed but shapes.

    Raises:
        SettingError: the layer is none that is measured.
    """
    refuse_unmeasured(layer)
    inputs = [torch.randn(shape, device=device) for shape in input_shapes(layer, batch_size=batch_size)]
    if layer.kind != "linear":
        inputs = [image.contiguous(memory_format=torch.channels_last) for image in inputs]
    if layer.kind in FUNCTIONS:
        return FUNCTIONS[layer.kind], inputs
    if layer.kind == "pad" and layer.c_in == layer.c_out:
        return _moved, inputs
    with torch.device(device):
        module = _module(layer).eval()
    to_channels_last: Any = module.to
    return to_channels_last(memory_format=torch.channels_last), inputs


def _module(layer: LayerSpec) -> nn.Module:
    factory = LayerFactory()
    if layer.kind == "linear":
        return factory.linear(layer.c_in, layer.c_out, bias=layer.bias)
    return make_layer(layer, factory)
