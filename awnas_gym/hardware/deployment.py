"""From a network as it is trained to the layers that run at inference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from awnas_gym.spaces.layers import LayerSpec


def deployed(layers: Iterable[LayerSpec]) -> list[LayerSpec]:
    """Return the layers that run at inference, in order: a batch norm right behind a convolution is part of it.

    Its scale goes into the weights and its shift into the bias, as every runtime does it. What makes no difference to
    the time is set to one value: whether a norm is affine, and whether weights are tied.
    """
    found: list[LayerSpec] = []
    before: LayerSpec | None = None
    for layer in layers:
        if layer.kind == "batch_norm" and before is not None and before.kind == "conv" and before.c_out == layer.c_in:
            found[-1] = replace(found[-1], bias=True)
        else:
            found.append(replace(layer, affine=True, tied=False))
        before = layer
    return found
