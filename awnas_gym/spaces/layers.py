"""`LayerSpec`: what the hardware models see of a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, final

LayerKind = Literal["conv", "batch_norm", "relu", "avg_pool", "add", "global_pool", "linear"]


@final
@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer of a network, for one image; `height` and `width` are those of its input, in pixels.

    `macs` counts as PyTorch's counter does: convolutions and linear layers, without biases; batch norm, activations,
    pooling and sums are none. (The records of NAS-Bench-201 also count the classifier's biases, one a class.)
    """

    kind: LayerKind
    c_in: int
    c_out: int
    height: int
    width: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    bias: bool = False

    @property
    def out_height(self) -> int:
        """Rows of the output, with padding `kernel // 2`."""
        return -(-self.height // self.stride)

    @property
    def out_width(self) -> int:
        """Columns of the output, with padding `kernel // 2`."""
        return -(-self.width // self.stride)

    @property
    def params(self) -> int:
        """Trainable parameters."""
        if self.kind == "batch_norm":
            return 2 * self.c_out
        if self.kind in {"conv", "linear"}:
            return self.kernel**2 * (self.c_in // self.groups) * self.c_out + self.bias * self.c_out
        return 0

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations for one image."""
        if self.kind == "linear":
            return self.c_in * self.c_out
        if self.kind == "conv":
            per_pixel = self.kernel**2 * (self.c_in // self.groups) * self.c_out
            return per_pixel * self.out_height * self.out_width
        return 0


def total_params(layers: Iterable[LayerSpec]) -> int:
    """Return the parameters of a network."""
    return sum(layer.params for layer in layers)


def total_macs(layers: Iterable[LayerSpec]) -> int:
    """Return the multiply-accumulates of a network, for one image."""
    return sum(layer.macs for layer in layers)
