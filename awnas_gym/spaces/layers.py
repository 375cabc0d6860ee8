"""`LayerSpec`: what the hardware models see of a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, final

LayerKind = Literal[
    "conv",
    "linear",
    "embedding",
    "batch_norm",
    "relu",
    "relu6",
    "h_swish",
    "h_sigmoid",
    "sigmoid",
    "tanh",
    "hardtanh",
    "sign",
    "bireal_sign",
    "leaky_relu",
    "avg_pool",
    "max_pool",
    "global_pool",
    "add",
    "multiply",
    "concat",
    "shuffle",
    "pad",
]

BinaryWeights = Literal["sign", "tensor", "channel", "bireal"]
"""How the weights of a binary convolution are made of those that are trained: `supernets.binary`."""


@final
@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer of a network, for one image; `height` and `width` are those of its input, in pixels.

    A recurrent network is described for one token, with height and width 1. `affine` tells whether a batch norm has
    a scale and a shift; an embedding is a table of `c_in` rows of `c_out` numbers. The weights of a `tied` layer are
    those of another one, which counts them. Kernel and stride are those `along` both height and width, or along one
    of them, and 1 along the other. A `pad` with more channels than its input appends zeros.

    A `binary` convolution has weights of one bit, and a scale for all of them or for each output channel; what it reads
    are signs if a `sign` is before it. It counts as any other: its parameters are those that training moves, and a
    multiply-accumulate of two bits is an XNOR and a count.

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
    dilation: int = 1
    bias: bool = False
    affine: bool = True
    tied: bool = False
    along: Literal["both", "height", "width"] = "both"
    binary: BinaryWeights | None = None

    @property
    def out_height(self) -> int:
        """Rows of the output, padded so that stride 1 keeps the size."""
        return self.height if self.along == "width" else -(-self.height // self.stride)

    @property
    def out_width(self) -> int:
        """Columns of the output, padded so that stride 1 keeps the size."""
        return self.width if self.along == "height" else -(-self.width // self.stride)

    @property
    def _pixels(self) -> int:
        """Pixels that the kernel covers."""
        return self.kernel**2 if self.along == "both" else self.kernel

    @property
    def params(self) -> int:
        """Trainable parameters."""
        if self.kind == "batch_norm":
            return 2 * self.c_out * self.affine
        if self.kind == "embedding":
            return self.c_in * self.c_out
        if self.kind in {"conv", "linear"}:
            weights = 0 if self.tied else self._pixels * (self.c_in // self.groups) * self.c_out
            return weights + self.bias * self.c_out
        return 0

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations for one image."""
        if self.kind == "linear":
            return self.c_in * self.c_out
        if self.kind == "conv":
            per_pixel = self._pixels * (self.c_in // self.groups) * self.c_out
            return per_pixel * self.out_height * self.out_width
        return 0


def total_params(layers: Iterable[LayerSpec]) -> int:
    """Return the parameters of a network."""
    return sum(layer.params for layer in layers)


def total_macs(layers: Iterable[LayerSpec]) -> int:
    """Return the multiply-accumulates of a network, for one image."""
    return sum(layer.macs for layer in layers)
